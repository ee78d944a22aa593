"""Test that what is read of a command line without `click` is what `click` reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.cli.usage.command import command, spread
from usageline.cli.usage.quick import DEFAULTS, parsed
from usageline.cli.usage.run import ALL_KINDS

WORDS = st.sampled_from(
    [
        *ALL_KINDS,
        *("--json", "--csv", "--check", "--since", "--until", "--tz", "--project", "--model"),
        *("--account", "--roots", "--watch", "--svg", "--help", "-h", "--", "--jso", "--json=1"),
        *("UTC", "7d", "today", "", "-", "-x", "--tz=UTC", "/srv/claude", "dáy", "Day"),
    ]
)


@given(st.lists(WORDS, max_size=6))
def test_frequent_command_line_means_the_same_as_to_click(arguments: list[str]) -> None:
    quick = parsed(arguments)
    if quick is None:
        return
    params = command.make_context("usage", list(arguments)).params
    assert {name: params[name] for name in DEFAULTS} == quick
    others = {name: value for name, value in params.items() if name not in DEFAULTS}
    assert not any(others.values())


def test_roots_may_have_several_directories() -> None:
    assert spread(["--json", "--roots", "a", "b", "day", "c"]) == [
        *("--json", "--roots", "a", "--roots", "b", "day", "c")
    ]
    assert spread(["--roots=a", "b", "--tz", "UTC"]) == ["--roots=a", "--roots", "b", "--tz", "UTC"]
    assert spread(["--roots", "day", "--roots"]) == ["--roots", "day", "--roots"]


@pytest.mark.parametrize(
    "arguments", [[], ["model"], ["--json"], ["day", "--json", "--tz", "UTC", "--since", "7d"]]
)
def test_frequent_command_lines_need_no_click(arguments: list[str]) -> None:
    assert parsed(arguments) is not None


@pytest.mark.parametrize("arguments", [["--since"], ["days"], ["--jso"], ["day", "week"]])
def test_mistakes_are_left_to_click(arguments: list[str]) -> None:
    assert parsed(arguments) is None
