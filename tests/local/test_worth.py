"""Test what one percent of a limit costs, by readings and a cost over time."""

from __future__ import annotations

from usageline.usage.local.worth import Window, windows, worth
from usageline.usage.model import Limit, Reading

START = 1_795_000_000
HOUR_S = 3600


def reading(at: int, percent: float | None, reset: int | None, kind: str = "session") -> Reading:
    return Reading((Limit(kind, "5h", percent, reset),), (), "oauth", at)


def test_window_has_its_last_reading() -> None:
    reset = START + 5 * HOUR_S
    readings = [
        reading(START + 60, 3, reset),
        reading(START + 2 * HOUR_S, 40, reset + 7),  # the service's jitter
        reading(START + 3 * HOUR_S, None, reset),
        reading(START + 3 * HOUR_S, 90, None),
        reading(START + 3 * HOUR_S, 50, reset, "weekly_all"),
        reading(START + 6 * HOUR_S, 99, reset),  # after the window
        reading(START + 6 * HOUR_S, 5, reset + 6 * HOUR_S),
    ]
    assert windows(readings, "session") == [
        Window(START, START + 2 * HOUR_S, 40),
        Window(START + 6 * HOUR_S, START + 6 * HOUR_S, 5),
    ]


def test_percent_costs_what_all_windows_cost_by_their_percentages() -> None:
    known = [Window(0, 10, 40), Window(20, 30, 10), Window(40, 50, 0), Window(60, 70, 30)]
    costs = {0: 4000, 20: 2000, 40: 500, 60: 0}
    assert worth(known, lambda start, _end: costs[start]) == 6000 / 50


def test_percent_has_no_cost_if_little_was_used_here() -> None:
    assert worth([Window(0, 10, 4)], lambda _start, _end: 900) is None
    assert worth([Window(0, 10, 40)], lambda _start, _end: 0) is None
    assert worth([], lambda _start, _end: 900) is None
