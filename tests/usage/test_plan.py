"""Test plan names, from what the sign-in and the account report."""

from __future__ import annotations

import pytest

from usageline.usage.values import plan_name


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("pro", None, None, "default_claude_ai"), "Pro"),
        (("max", None, None, "default_claude_max_20x"), "Max 20x"),
        (("max", "claude_max", "max_5x", None, None, "default_claude_max_5x"), "Max 5x"),
        ((None, "claude_max", None, None, "default_claude_max_20x"), "Max 20x"),
        (("max", None, None, None), "Max"),
        (("team", "claude_team", "team_standard", "default_raven"), "Team Standard"),
        (("team", "claude_team", "team_tier_1", "default_claude_max_5x"), "Team Premium"),
        (("team", None, None, "default_claude_max_5x", "default_raven"), "Team"),
        (("pro", "claude_max", None, "default_claude_max_5x"), "Pro"),
        ((None, "claude_enterprise", None), "Enterprise"),
        (("free", None, None), "Free"),
        ((None, None, None), None),
        ((7, [], {}, True), None),
        (("", "", ""), None),
    ],
)
def test_the_sign_in_goes_first_and_only_a_max_plan_has_a_size(
    arguments: tuple[object, ...], name: str | None
) -> None:
    """A Team seat with a Max tier is not Max."""
    assert plan_name(*arguments) == name
