from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.line import view
from usageline.line.render import render

pytestmark = pytest.mark.usefixtures("utc")

NOW = 1_795_399_200  # Monday 2026-11-23 02:00 UTC
HOUR = 3600


def limit(kind: str = "session", percent: float | None = 60, left_s: int = 2 * HOUR, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "label": kind, "percent": percent, "resets_at": NOW + left_s, **fields}


def line(row: list[Any], *limits: dict[str, Any], width: int = 200, **fields: Any) -> str:
    snapshot = {"version": 1, "status": "ok", "observed_at": NOW, "credentials": "", "limits": list(limits), **fields}
    seen = view.build(None, snapshot, "", {}, NOW)
    return "".join(render(seen, {"rows": [row]}, {"NO_COLOR": "1"}, width=width))


def test_the_end_of_a_limit_is_said_with_how_long_before_its_reset_that_is() -> None:
    ends = limit(exhausts_at=NOW + 85 * 60)
    assert line([["forecast", {}]], ends) == "5h full at 03:25, 35m before its reset"
    assert line([["forecast", {}]], ends, width=30) == "5h full at 03:25"
    assert line([["forecast", {}]], ends, width=13) == "5h full 03:25"


def test_the_range_is_said_where_it_is_asked_for() -> None:
    ends = limit(exhausts_at=NOW + 85 * 60, exhausts_from=NOW + 70 * 60, exhausts_to=NOW + 100 * 60)
    assert line([["forecast", {"range": True}]], ends).startswith("5h full at 03:10–03:40")


@pytest.mark.parametrize(
    "ends",
    [
        limit(exhausts_at=NOW + 2 * HOUR),
        limit(exhausts_at=NOW + 3 * HOUR),
        limit(exhausts_at=NOW),
        limit(exhausts_at=NOW - 60),
        limit(exhausts_at="soon"),
        limit(percent=100, exhausts_at=NOW + 60),
        limit(percent=None, exhausts_at=NOW + 60),
        limit(),
    ],
)
def test_it_is_said_only_where_it_is_ahead_and_before_the_reset(ends: dict[str, Any]) -> None:
    assert line([["forecast", {}]], ends) == ""


def test_the_first_of_several_ends_is_said_unless_one_is_chosen() -> None:
    both = limit(exhausts_at=NOW + HOUR), limit("weekly_all", 90, 50 * HOUR, exhausts_at=NOW + 30 * 60)
    assert line([["forecast", {}]], *both).startswith("7d full at 02:30")
    assert line([["forecast", {"of": "session"}]], *both).startswith("5h full at 03:00")
    assert line([["forecast", {"of": "weekly"}]], both[0]) == ""


@pytest.mark.parametrize(("percent", "said"), [(60, "pace +0%"), (72, "pace +12%"), (48, "pace -12%"), (None, "")])
def test_pace_is_what_was_used_more_or_less_than_evenly(percent: float | None, said: str) -> None:
    assert line([["pace", {}]], limit(percent=percent)) == said


def test_small_differences_from_even_use_can_be_hidden() -> None:
    assert line([["pace", {"hide_below": 10}]], limit(percent=65)) == ""
    assert line([["pace", {"hide_below": 10}]], limit(percent=40)) == "pace -20%"


def alert(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "session",
        "label": "Current session",
        "threshold": 90,
        "percent": 92,
        "resets_at": NOW + HOUR,
        "at": NOW - 60,
        "line": True,
        **fields,
    }


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (alert(), "▲ 5h passed 90%"),
        (alert(kind="weekly_scoped", label="Fable"), "▲ Fable passed 90%"),
        (alert(at=NOW - 899), "▲ 5h passed 90%"),
        (alert(at=NOW - 900), ""),
        (alert(at=0), ""),
        (alert(resets_at=NOW), ""),
        (alert(resets_at=None), "▲ 5h passed 90%"),
        (alert(line=False), ""),
        (alert(threshold="90"), ""),
    ],
)
def test_an_alert_stands_in_the_line_for_a_while(row: dict[str, Any], said: str) -> None:
    assert line([["alerts", {}]], alerts=[row]) == said


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@given(
    st.dictionaries(st.sampled_from(["exhausts_at", "exhausts_from", "exhausts_to", "percent", "resets_at"]), ANYTHING),
    st.dictionaries(st.sampled_from(sorted(alert())), ANYTHING),
)
def test_nothing_in_a_snapshot_can_break_them(fields: dict[str, Any], row: dict[str, Any]) -> None:
    shown = line(
        [["forecast", {"range": True}], ["pace", {}], ["alerts", {}], ["session", {}]], {**limit(), **fields}, alerts=[{**alert(), **row}]
    )
    assert "Error" not in shown


def test_a_segment_that_fails_is_named_and_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_view: object, _options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("usageline.line.segments.foresight.pace", fail)
    assert line([["pace", {}], ["session", {"show": ["percent"]}]], limit()) == "pace: ZeroDivisionError │ 5h 60%"
