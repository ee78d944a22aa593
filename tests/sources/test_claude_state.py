"""The terminal's background as the client's theme implies it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
def test_theme_of_the_settings_precedes_that_of_the_state(
    world: World, settings: object, state: dict[str, str], appearance: str | None
) -> None:
    """As in the client: `/theme` writes settings.json, older clients wrote `.claude.json`."""
    Path(world.paths.claude_settings).write_text(json.dumps(settings))
    world.write_state(hasCompletedOnboarding=True, **state)
    assert claude_state.read(world.env).appearance == appearance


def test_theme_is_dark_by_default(world: World) -> None:
    """The client does not write its default theme. Without a client the theme is unknown."""
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
def test_palette_is_that_of_the_theme(
    world: World, theme: str, appearance: str | None, palette: str | None
) -> None:
    """As in the client, an unknown theme counts as none."""
    Path(world.paths.claude_settings).write_text(json.dumps({"theme": theme}))
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
def test_custom_theme_has_the_appearance_of_its_base(
    world: World, content: str | None, appearance: str | None, palette: str | None
) -> None:
    """The client stores the user's themes in a directory."""
    Path(world.paths.claude_settings).write_text('{"theme": "custom:mine"}')
    if content is not None:
        themes = Path(world.paths.claude_dir, "themes")
        themes.mkdir()
        (themes / "mine.json").write_text(content)
    state = claude_state.read(world.env)
    assert (state.appearance, state.palette) == (appearance, palette)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_theme_is_read_in_the_clients_encodings(world: World, encoding: str) -> None:
    Path(world.paths.claude_settings).write_bytes(
        '{"note": "é", "theme": "light-ansi"}'.encode(encoding)
    )
    assert claude_state.read(world.env).theme == "light-ansi"


def test_theme_auto_has_the_terminals_last_answer(world: World) -> None:
    Path(world.paths.claude_settings).write_text('{"theme": "auto"}')
    path = Path(world.paths.terminal_background)
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


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"validUntil": "2027-01-01T00:00:00Z"}, True),
        ({"validUntil": None}, True),
        ({"validUntil": 1_700_000_000_000}, False),
        ({"holdsUnusedReset": False}, False),
        ({"holdsUnusedReset": "yes"}, False),
        ({"accountUuid": "another"}, False),
        ({"accountUuid": ["mine"]}, False),
    ],
)
def test_an_unused_reset_is_that_of_the_account_until_it_expires(
    world: World, changes: dict[str, object], holds: bool
) -> None:
    noted = {"accountUuid": "mine", "holdsUnusedReset": True, "validUntil": 1_798_000_000_000}
    world.write_state(
        oauthAccount={"accountUuid": "mine"},
        unusedLimitResetStatusCache={**noted, "checkedAt": 1_795_000_000_000, **changes},
    )
    assert claude_state.read(world.env).holds_unused_reset(1_796_000_000) is holds
