"""Which background the client's theme says the terminal has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths
from usageline.sources.auth import claude_state

if TYPE_CHECKING:
    from tests.world import World


@pytest.mark.parametrize(
    ("settings", "state", "appearance"),
    [
        ({"theme": "light"}, {}, "light"),
        ({"theme": "light-daltonized"}, {"theme": "dark"}, "light"),
        ({"theme": "dark"}, {"theme": "light"}, "dark"),
        ({"theme": "auto"}, {"theme": "light"}, None),
        ({"theme": "custom:mine"}, {}, None),
        ({}, {"theme": "light-ansi"}, "light"),
        ({"theme": ["light"]}, {"theme": "dark-ansi"}, "dark"),
        ([], {"theme": "light"}, "light"),
    ],
)
def test_the_theme_in_settings_comes_before_the_one_in_the_state(
    world: World, settings: object, state: dict[str, str], appearance: str | None
) -> None:
    """As in the client: `/theme` writes settings.json, and what older clients left in `.claude.json` holds without it."""
    Path(paths.claude_settings(world.env)).write_text(json.dumps(settings))
    world.write_state(hasCompletedOnboarding=True, **state)
    assert claude_state.read(world.env).appearance == appearance


def test_a_client_in_which_none_was_chosen_is_dark(world: World) -> None:
    """The client writes no theme that is its default; without a client nothing is known."""
    assert claude_state.read(world.env).appearance is None
    world.write_state(hasCompletedOnboarding=True)
    assert claude_state.read(world.env).appearance == "dark"


@pytest.mark.parametrize(
    ("theme", "appearance", "palette"),
    [
        ("dark-ansi", "dark", "ansi"),
        ("light-ansi", "light", "ansi"),
        ("dark-daltonized", "dark", "daltonized"),
        ("light-daltonized", "light", "daltonized"),
        ("dark", "dark", None),
        ("auto", None, None),
        ("no-such-daltonized", "dark", None),
    ],
)
def test_the_palette_is_that_of_the_theme(
    world: World, theme: str, appearance: str | None, palette: str | None
) -> None:
    """A theme that the client does not know counts as none, as there."""
    Path(paths.claude_settings(world.env)).write_text(json.dumps({"theme": theme}))
    world.write_state(hasCompletedOnboarding=True)
    state = claude_state.read(world.env)
    assert (state.appearance, state.palette) == (appearance, palette)


@pytest.mark.parametrize(
    ("content", "appearance", "palette"),
    [
        ('{"base": "light-daltonized", "overrides": {}}', "light", "daltonized"),
        ('{"base": "dark-ansi"}', "dark", "ansi"),
        ('{"base": "nonsense"}', "dark", None),
        ("{", None, None),
        (None, None, None),
    ],
)
def test_a_custom_theme_is_as_its_base(
    world: World, content: str | None, appearance: str | None, palette: str | None
) -> None:
    """The client keeps the user's themes in a directory of their own."""
    Path(paths.claude_settings(world.env)).write_text('{"theme": "custom:mine"}')
    if content is not None:
        themes = Path(paths.claude_dir(world.env), "themes")
        themes.mkdir()
        (themes / "mine.json").write_text(content)
    state = claude_state.read(world.env)
    assert (state.appearance, state.palette) == (appearance, palette)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_theme_is_read_in_the_encodings_that_the_client_reads(
    world: World, encoding: str
) -> None:
    Path(paths.claude_settings(world.env)).write_bytes(
        '{"note": "é", "theme": "light-ansi"}'.encode(encoding)
    )
    assert claude_state.read(world.env).theme == "light-ansi"


def test_the_theme_auto_is_as_the_terminal_said_last(world: World) -> None:
    Path(paths.claude_settings(world.env)).write_text('{"theme": "auto"}')
    path = Path(paths.terminal_background(world.env))
    path.parent.mkdir(parents=True, mode=0o700)
    path.touch(0o600)
    for content, appearance in (
        ({"version": 1, "background": "light"}, "light"),
        ({"version": 1, "background": "dark"}, "dark"),
        ({"version": 1, "background": ""}, None),
        ({"version": 2, "background": "dark"}, None),
    ):
        path.write_text(json.dumps(content))
        assert claude_state.read(world.env).appearance == appearance
