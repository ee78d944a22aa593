"""After `/theme`, the next line has the palette of Claude Code's new theme."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths
from usageline.core.client_theme import MAX_BYTES, current
from usageline.core.freshness import file_fingerprint
from usageline.line._color_blind import THEME as COLOR_BLIND
from usageline.line._defaults import THEME as DEFAULT

if TYPE_CHECKING:
    from tests.hot import Hot
    from tests.world import World

COLORS = {"NO_COLOR": None, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
LOOKS = {
    "dark": DEFAULT["styles"]["true"]["label"],
    "light": DEFAULT["light"]["true"]["label"],
    "dark-daltonized": COLOR_BLIND["styles"]["true"]["critical"],
    "dark-ansi": "33",
}
"""A code that only that palette has, in a line with a limit of each severity."""

KEPT = ("dark", "daltonized")
SNAPSHOT = {"appearance": "dark", "palette": "daltonized", "default_theme": "light"}


def choose(world: World, theme: str) -> None:
    """Write the setting as the client does."""
    Path(paths.claude_settings(world.env)).write_text(json.dumps({"theme": theme}))


def publish(hot: Hot, **changes: object) -> None:
    """Publish a snapshot that a refresh wrote after the last change of the settings."""
    settings = file_fingerprint(paths.claude_settings(hot.world.env))
    limits = [
        {"kind": f"kind{percent}", "label": f"L{percent}", "percent": percent}
        for percent in (50, 80, 95)
    ]
    hot.publish(**{"appearance": "dark", "settings": settings, "limits": limits, **changes})


@pytest.mark.parametrize("theme", LOOKS)
def test_next_line_has_the_palette_of_a_changed_theme(hot: Hot, theme: str) -> None:
    choose(hot.world, "light" if theme == "dark" else "dark")
    publish(hot, appearance="light" if theme == "dark" else "dark")
    assert f"\x1b[{LOOKS[theme]}m" not in hot.line(**COLORS)
    choose(hot.world, theme)
    assert f"\x1b[{LOOKS[theme]}m" in hot.line(**COLORS)


def test_embedded_line_follows_a_changed_theme(hot: Hot) -> None:
    choose(hot.world, "dark")
    publish(hot)
    choose(hot.world, "light")
    command = [*hot.command, "line", "--for", "starship"]
    env = {**COLORS, "NO_COLOR": None}
    assert LOOKS["light"] in hot.run(command=command, env=env).stdout.decode()


def test_snapshot_of_an_earlier_version_keeps_its_palette(hot: Hot) -> None:
    choose(hot.world, "light")
    hot.publish(appearance="dark")
    assert LOOKS["dark"] in hot.line(**COLORS)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"theme": "light-ansi"}', ("light", "ansi")),
        ('\ufeff{"theme": "dark"}', ("dark", None)),
        ("{}", ("light", None)),
        ('{"theme": "none-of-the-clients"}', ("light", None)),
        ('{"theme": ["dark"]}', ("light", None)),
        ('{"theme": "auto"}', ("light", None)),
        ('{"theme": "custom:mine"}', ("light", "daltonized")),
        ('{"theme": "custom:../settings"}', (None, None)),
        ('{"theme": "custom:missing"}', (None, None)),
        ("{", KEPT),
        ("[]", KEPT),
        ("[" * 100_000, KEPT),
        ('{"theme": "light"' + " " * MAX_BYTES + "}", KEPT),
    ],
)
def test_theme_is_that_of_the_settings(
    world: World, content: str, expected: tuple[str | None, str | None]
) -> None:
    """The snapshot's palette stays if they cannot be read."""
    Path(paths.claude_settings(world.env)).write_text(content)
    themes = Path(paths.claude_dir(world.env), "themes")
    themes.mkdir()
    (themes / "mine.json").write_text('{"base": "light-daltonized"}')
    background = Path(paths.terminal_background(world.env))
    background.parent.mkdir(parents=True, mode=0o700)
    background.write_text('{"version": 1, "background": "light"}')
    background.chmod(0o600)
    assert current(world.env, SNAPSHOT) == expected


def test_without_settings_the_theme_is_the_default(world: World) -> None:
    Path(paths.claude_settings(world.env)).unlink(missing_ok=True)
    assert current(world.env, SNAPSHOT) == ("light", None)


def test_settings_that_are_a_fifo_do_not_hang_the_line(hot: Hot) -> None:
    publish(hot, settings="1-2-3")
    settings = Path(paths.claude_settings(hot.world.env))
    settings.unlink(missing_ok=True)
    os.mkfifo(settings)
    assert LOOKS["dark"] in hot.line(**COLORS)


def test_settings_behind_a_link_are_followed(world: World) -> None:
    """Many users keep them in a repository of their own."""
    own = world.root / "dotfiles.json"
    own.write_text('{"theme": "light"}')
    settings = Path(paths.claude_settings(world.env))
    settings.unlink(missing_ok=True)
    settings.symlink_to(own)
    assert current(world.env, SNAPSHOT) == ("light", None)
