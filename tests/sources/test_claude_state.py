"""Which background the client's theme says the terminal has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline import paths
from usageline.sources import claude_state

if TYPE_CHECKING:
    from world import World


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
