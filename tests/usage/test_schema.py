"""What the parser makes nothing of is found by watching it, so the list cannot go stale."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server import usage_body
from tests.usage.test_properties import BODIES, JSON
from tests.world import CAPTURES
from usageline.usage.model import SourceFailure
from usageline.usage.parse import KeyPath, find_unknown, parse

if TYPE_CHECKING:
    from usageline.usage.model import Credit, Limit

VALUES: st.SearchStrategy[Any] = (
    st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})
)
NEW_KEY = "zz_never_seen"


def outcome(body: object) -> tuple[tuple[Limit, ...], tuple[Credit, ...]] | str:
    """What the parser makes of it."""
    try:
        return parse(body)
    except SourceFailure as failure:
        return failure.status


def without(value: Any, path: KeyPath) -> Any:
    """The body without what is at that path, in every element of the lists on the way."""
    step, rest = path[0], path[1:]
    if step is None:
        return (
            [without(inner, rest) for inner in value] if isinstance(value, list) and rest else value
        )
    if not isinstance(value, dict) or step not in value:
        return value
    if rest:
        return {**value, step: without(value[step], rest)}
    return {key: inner for key, inner in value.items() if key != step}


def keys(value: Any) -> set[str]:
    """Every key in a value."""
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys(inner)}
    return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()


@given(BODIES)
def test_what_is_listed_can_be_left_out(body: dict[str, Any]) -> None:
    """The parser makes the same of the body without it."""
    pruned = body
    for path in find_unknown(body):
        pruned = without(pruned, path)
    assert repr(outcome(pruned)) == repr(outcome(body))


@given(BODIES, VALUES)
def test_a_key_that_is_new_is_listed(body: dict[str, Any], value: Any) -> None:
    """At the top and in a limit."""
    assert (NEW_KEY,) in find_unknown({**body, NEW_KEY: value})
    limit = {"kind": "session", "percent": 3, "resets_at": None, NEW_KEY: value}
    assert ("limits", None, NEW_KEY) in find_unknown({**body, "limits": [limit]})


@given(BODIES | JSON)
def test_any_body_gives_keys_of_its_own_and_names_of_types(body: Any) -> None:
    """Never a value, and never an error."""
    for path, kind in find_unknown(body).items():
        assert {key for key in path if key is not None} <= keys(body)
        assert set(kind.split(" or ")) <= {"null", "boolean", "number", "text", "list", "object"}


def test_a_body_as_the_service_sends_it_leaves_little_over() -> None:
    """With its types: the parser ignores groups, and shows limits that are not active."""
    unknown = find_unknown(usage_body(1795464000))
    assert {path for path, kind in unknown.items() if kind != "null"} == {
        ("limits", None, "group"),
        ("limits", None, "is_active"),
    }
    assert unknown["limits", None, "is_active"] == "boolean"


def test_money_that_is_reported_twice_is_used_in_both_forms() -> None:
    extra = {
        "is_enabled": True,
        "monthly_limit": 5000,
        "used_credits": 12.0,
        "utilization": 1.0,
        "currency": "EUR",
        "decimal_places": 2,
    }
    spend = {
        "used": {"amount_minor": 12, "currency": "EUR", "exponent": 2},
        "limit": None,
        "percent": 0,
        "enabled": True,
        "new": 1,
    }
    assert set(find_unknown({"extra_usage": extra, "spend": spend})) <= {
        ("spend", "new"),
        ("spend", "percent"),
        ("spend", "limit"),
    }


def test_types_that_differ_from_row_to_row_are_all_named() -> None:
    rows = [{"kind": "a", "group": None}, {"kind": "b", "group": "x"}, {"kind": "c", "group": 3}]
    assert find_unknown({"limits": rows})["limits", None, "group"] == "null or number or text"


def test_a_body_that_is_nested_without_end_is_cut() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"k": deep}
    assert all(len(path) <= 41 for path in find_unknown(deep))


@pytest.mark.skipif(
    not CAPTURES.exists(), reason="the captured bodies are not part of the repository"
)
def test_the_newest_captured_body_leaves_only_what_is_known_to_be_left() -> None:
    body = json.loads((CAPTURES / "u19_2026-09-17_full.json").read_text())
    named = {
        ".".join(key or "[]" for key in path)
        for path, kind in find_unknown(body).items()
        if kind != "null"
    }
    assert "seven_day_breakdown.rows.[].percent" in named
    assert "limits.[].percent" not in named
    assert not {name for name in named if name.startswith(("five_hour", "seven_day."))}
