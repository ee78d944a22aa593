from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.line import view
from usageline.line.render import render
from usageline.line.segments import forecast, with_defaults

pytestmark = pytest.mark.usefixtures("utc")

NOW = 1_795_399_200  # Monday 2026-11-23 02:00 UTC
HOUR = 3600


def limit(
    kind: str = "session", percent: float | None = 60, left_s: int = 2 * HOUR, **fields: Any
) -> dict[str, Any]:
    return {"kind": kind, "label": kind, "percent": percent, "resets_at": NOW + left_s, **fields}


def snapshot(*limits: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "status": "ok",
        "observed_at": NOW,
        "credentials": "",
        "limits": list(limits),
        **fields,
    }


def line(row: list[Any], *limits: dict[str, Any], width: int = 200, **fields: Any) -> str:
    context = view.build(None, snapshot(*limits, **fields), "", {}, NOW)
    return "".join(render(context, {"rows": [row]}, {"NO_COLOR": "1"}, width=width))


def test_the_end_of_a_limit_is_said_with_how_long_before_its_reset_that_is() -> None:
    ends = limit(exhausts_at=NOW + 85 * 60)
    assert line([["forecast", {}]], ends) == "5h full at 03:25, 35m before its reset"
    assert line([["forecast", {}]], ends, width=30) == "5h full at 03:25"
    assert line([["forecast", {}]], ends, width=13) == "5h full 03:25"


def test_the_range_is_shown_when_it_is_configured() -> None:
    ends = limit(exhausts_at=NOW + 85 * 60, exhausts_from=NOW + 70 * 60, exhausts_to=NOW + 100 * 60)
    assert line([["forecast", {"range": True}]], ends).startswith("5h full at 03:10–03:40")


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.5, "5h may fill by 03:25"),
        (0.66, "5h may fill by 03:25"),
        (0.67, "5h full at 03:25, 35m before its reset"),
        (1, "5h full at 03:25, 35m before its reset"),
        (None, "5h full at 03:25, 35m before its reset"),
        ("often", "5h full at 03:25, 35m before its reset"),
    ],
)
def test_what_is_no_more_than_likely_is_said_quietly(chance: object, text: str) -> None:
    """A snapshot of 0.1.0 has no chance; its forecasts were warnings."""
    assert line([["forecast", {}]], limit(exhausts_at=NOW + 85 * 60, chance=chance)) == text


def test_a_sure_forecast_has_a_graver_color_than_a_likely_one() -> None:
    """In the line and for the pace."""
    likely, sure = (
        view.build(
            None, snapshot(limit(exhausts_at=NOW + 85 * 60, chance=chance, percent=70)), "", {}, NOW
        )
        for chance in (0.6, 0.7)
    )
    drawn = [
        segment(context, with_defaults(segment.__name__, {}))[0][0][1][-1][0]
        for segment in (forecast.forecast, forecast.pace)
        for context in (likely, sure)
    ]
    assert drawn == ["quiet", "quiet", "warning", "critical"]


@pytest.mark.parametrize(
    ("percent", "style"), [(48, "normal"), (64, "normal"), (65, "warning"), (100, "warning")]
)
def test_pace_has_the_color_of_a_warning_from_five_points_above(percent: int, style: str) -> None:
    context = view.build(None, snapshot(limit(percent=percent)), "", {}, NOW)
    assert forecast.pace(context, with_defaults("pace", {}))[0][-1][1][-1][0] == style


def test_the_quiet_form_can_have_a_range_and_goes_before_the_numbers() -> None:
    """On a narrow terminal the limit stays."""
    ends = limit(
        exhausts_at=NOW + 85 * 60,
        exhausts_from=NOW + 70 * 60,
        exhausts_to=NOW + 100 * 60,
        chance=0.6,
    )
    assert line([["forecast", {"range": True}]], ends) == "5h may fill 03:10–03:40"
    assert line([["session", {"show": ["percent"]}], ["forecast", {}]], ends, width=12) == "5h 60%"


def test_a_sure_end_is_said_before_a_likely_one_that_is_sooner() -> None:
    """A guess does not hide a warning."""
    both = (
        limit(exhausts_at=NOW + HOUR, chance=0.55),
        limit("weekly_all", 90, 50 * HOUR, exhausts_at=NOW + 3 * HOUR, chance=0.8),
    )
    assert line([["forecast", {}]], *both).startswith("7d full at 05:00")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hide_below": 60}, ""),
        ({"hide_below": 58}, "5h may fill by 03:25"),
        ({"warning": 50}, "5h full at 03:25, 35m before its reset"),
    ],
)
def test_how_sure_it_must_be_is_an_option(options: dict[str, Any], text: str) -> None:
    """For the color, and to be said at all."""
    assert line([["forecast", options]], limit(exhausts_at=NOW + 85 * 60, chance=0.58)) == text


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
def test_the_forecast_is_shown_only_if_it_is_ahead_and_before_the_reset(
    ends: dict[str, Any],
) -> None:
    assert line([["forecast", {}]], ends) == ""


def test_the_first_of_several_ends_is_said_unless_one_is_chosen() -> None:
    both = (
        limit(exhausts_at=NOW + HOUR),
        limit("weekly_all", 90, 50 * HOUR, exhausts_at=NOW + 30 * 60),
    )
    assert line([["forecast", {}]], *both).startswith("7d full at 02:30")
    assert line([["forecast", {"of": "session"}]], *both).startswith("5h full at 03:00")
    assert line([["forecast", {"of": "weekly"}]], both[0]) == ""


@pytest.mark.parametrize(
    ("percent", "text"),
    [(60, "pace +0 pts"), (72, "pace +12 pts"), (48, "pace -12 pts"), (None, "")],
)
def test_pace_is_what_was_used_more_or_less_than_evenly(percent: float | None, text: str) -> None:
    assert line([["pace", {}]], limit(percent=percent)) == text


def test_small_differences_from_even_use_can_be_hidden() -> None:
    assert line([["pace", {"hide_below": 10}]], limit(percent=65)) == ""
    assert line([["pace", {"hide_below": 10}]], limit(percent=40)) == "pace -20 pts"


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
    ("row", "text"),
    [
        (alert(), "▲ 5h passed 90%"),
        (alert(kind="weekly_scoped", label="Fable"), "▲ 7d Fable passed 90%"),
        (alert(at=NOW - 899), "▲ 5h passed 90%"),
        (alert(at=NOW - 900), ""),
        (alert(at=0), ""),
        (alert(resets_at=NOW), ""),
        (alert(resets_at=None), "▲ 5h passed 90%"),
        (alert(line=False), ""),
        (alert(threshold="90"), ""),
    ],
)
def test_an_alert_stands_in_the_line_for_a_while(row: dict[str, Any], text: str) -> None:
    assert line([["alerts", {}]], alerts=[row]) == text


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["chance", "exhausts_at", "exhausts_from", "exhausts_to", "percent", "resets_at"]
        ),
        ANYTHING,
    ),
    st.dictionaries(st.sampled_from(sorted(alert())), ANYTHING),
)
def test_nothing_in_a_snapshot_can_break_them(fields: dict[str, Any], row: dict[str, Any]) -> None:
    shown = line(
        [["forecast", {"range": True}], ["pace", {}], ["alerts", {}], ["session", {}]],
        {**limit(), **fields},
        alerts=[{**alert(), **row}],
    )
    assert "Error" not in shown


def test_a_segment_that_fails_is_named_and_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_view: object, _options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("usageline.line.segments.forecast.pace", fail)
    assert (
        line([["pace", {}], ["session", {"show": ["percent"]}]], limit())
        == "pace: ZeroDivisionError │ 5h 60%"
    )
