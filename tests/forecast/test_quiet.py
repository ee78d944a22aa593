"""Test what must not raise an alarm.

Examples are a single step, a correction, a gap, a new plan, or a window of unknown age.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.forecast.test_rules import (
    DAY,
    HOUR,
    NOW,
    SESSION_S,
    WEEK_S,
    after,
    look,
    session,
    working_days,
)
from usageline.usage.forecast import History, with_forecast
from usageline.usage.forecast.use import Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.model import Limit, Reading

MIN = 60


def week(looks: Sequence[tuple[int, float]], began_s: int) -> list[Reading]:
    """Readings of a weekly window that began `began_s` before NOW: (seconds from NOW, percent)."""
    return [look(NOW + at, percent, NOW - began_s + WEEK_S, "weekly_all") for at, percent in looks]


def every(readings: Sequence[Reading]) -> list[Limit]:
    """Return the forecast at each of these readings."""
    history = History()
    return [history.forecast(reading).limits[0] for reading in readings]


@pytest.mark.parametrize("day", [0.5, 1, 2, 3, 5, 6])
@pytest.mark.parametrize(
    "steps",
    [
        [(0, 40), (310, 41)],
        [(0, 40), (310, 41), (620, 42)],
        [(0, 90), (310, 91), (620, 91), (930, 92)],
        [(minute * MIN, 60 + minute // 10) for minute in range(0, 180, 5)],
    ],
    ids=["one step", "two steps", "nearly full", "three hours"],
)
def test_a_week_has_no_forecast_in_the_first_hours_after_an_install(
    day: float, steps: list[tuple[int, float]]
) -> None:
    """The window's age does not count, only how long usageline has watched."""
    assert [limit.exhausts_at for limit in every(week(steps, round(day * DAY)))] == [None] * len(
        steps
    )


@pytest.mark.parametrize("began_min", [5, 60, 150, 240])
@pytest.mark.parametrize(
    "steps", [[(0, 60), (5, 61)], [(0, 90), (5, 92), (10, 94)], [(0, 10), (6, 30), (12, 50)]]
)
def test_a_session_has_no_forecast_in_the_first_minutes_after_an_install(
    began_min: int, steps: list[tuple[int, float]]
) -> None:
    """A burst while one installs is no habit."""
    readings = [
        look(NOW + minute * MIN, percent, NOW - began_min * MIN + SESSION_S)
        for minute, percent in steps
    ]
    assert [limit.exhausts_at for limit in every(readings)] == [None] * len(steps)


def test_a_gap_is_no_time_of_looking() -> None:
    """Two readings at the install, two more three days later: still minutes."""
    readings = week([(0, 40), (310, 40), (3 * DAY, 60), (3 * DAY + 310, 61)], HOUR)
    assert [limit.exhausts_at for limit in every(readings)] == [None] * 4


@pytest.mark.parametrize("percent", [40.0, 99.0])
def test_one_rounding_step_is_no_rate(percent: float) -> None:
    """A percentage of 41 after 40 can be any use from nothing to two points."""
    assert after(week([(0, percent - 1), (310, percent)], 3 * DAY)).rate is None
    assert (
        after([look(NOW, percent - 1, NOW + HOUR), look(NOW + 310, percent, NOW + HOUR)]).rate
        is None
    )


def test_two_steps_are_a_rate() -> None:
    """At least after a while."""
    assert (
        after(week([(at * HOUR, 40 + at) for at in range(6)], 3 * DAY)).rate or 0
    ) == pytest.approx(1, abs=0.3)


def test_a_rise_over_a_gap_is_spread_over_it() -> None:
    """30 points in three days away are no 30 points of this morning."""
    earlier = [row for row in working_days(21, 1, range(9, 17)) if row.observed_at < NOW]
    back = week([(HOUR, 1), (3 * DAY, 31), (3 * DAY + 5 * MIN, 32)], 0)
    limit = after([*earlier, *back])
    assert limit.rate is not None
    assert limit.rate < 2
    assert limit.exhausts_at is None


@pytest.mark.parametrize(
    "percents",
    [
        [37, 36, 37, 36, 37, 36, 37, 36, 37],
        [50, 48, 49, 50, 48, 50, 48, 49, 50],
        [60, 0, 60, 0, 60, 0, 60, 0, 60],
        [60, 30, 61, 30, 61, 30, 61, 30, 61],
    ],
)
def test_what_a_correction_took_and_gave_back_is_no_use(percents: list[int]) -> None:
    """Two sources that differ by a step, a wrong answer now and then."""
    steady = [
        look(NOW + minute * MIN, min(percents[0], minute), NOW + SESSION_S)
        for minute in range(0, 2 * HOUR // MIN, 5)
    ]
    odd = [
        look(NOW + 2 * HOUR + index * 5 * MIN, percent, NOW + SESSION_S)
        for index, percent in enumerate(percents)
    ]
    limits = every([*steady, *odd])[len(steady) :]
    assert [limit.exhausts_at for limit in limits] == [None] * len(percents)
    assert all((limit.rate or 0) <= 30 for limit in limits)


@pytest.mark.parametrize("wrong", [[95], [95, 95, 96], [60, 99]])
def test_a_wrong_reading_that_is_corrected_was_no_use(wrong: list[int]) -> None:
    """The forecasts that follow do not depend on it."""
    before = session(range(0, 91, 5), lambda at: at / 3)
    odd = [
        look(NOW + (95 + 5 * index) * MIN, percent, NOW + SESSION_S)
        for index, percent in enumerate(wrong)
    ]
    later = session(range(110, 121, 5), lambda at: at / 3)
    corrected, plain = after([*before, *odd, *later]), after([*before, *later])
    assert corrected.exhausts_at is None
    assert corrected.rate == pytest.approx(plain.rate, abs=3)


def test_use_after_a_reset_counts_as_use() -> None:
    """What comes back step by step was used: a fall is not ignored for good."""
    before = session(range(0, 61, 5), lambda at: at)
    again = session(range(65, 121, 5), lambda at: at - 60)
    assert after([*before, *again]).rate == pytest.approx(60, abs=15)


@pytest.mark.parametrize("ahead_s", [WEEK_S + 27 * HOUR, WEEK_S + HOUR])
def test_a_window_longer_than_usual_has_no_known_age(ahead_s: int) -> None:
    """Without an age there is no pace and no end.

    This holds later, too, when the window is no longer too long.
    """
    readings = [
        look(NOW + hour * HOUR, 20 + 2 * hour, NOW + ahead_s, "weekly_all") for hour in range(30)
    ]
    limits = every(readings)
    assert limits[0].pace is None
    assert [limit.exhausts_at for limit in limits] == [None] * len(limits)


def test_a_reset_that_moves_makes_no_new_window() -> None:
    """A reset that is reported anew at every reading, further ahead each time."""
    readings = [
        look(NOW + minute * MIN, 40 + minute // 60, NOW + HOUR + minute * MIN)
        for minute in range(0, 180, 5)
    ]
    limits = every(readings)
    assert [limit.exhausts_at for limit in limits] == [None] * len(limits)
    assert all((limit.rate or 0) < 5 for limit in limits)


def test_another_plan_is_another_scale() -> None:
    """20% of a large plan are 80% of a small one: nothing was used, and nothing is known yet."""
    large = [
        replace(reading, plan="Max 20x") for reading in session(range(0, 91, 5), lambda at: at / 4)
    ]
    small = [
        replace(reading, plan="Max 5x")
        for reading in session(range(95, 111, 5), lambda at: at * 0.9)
    ]
    assert [limit.exhausts_at for limit in every([*large, *small])] == [None] * (
        len(large) + len(small)
    )
    unnamed = [
        replace(reading, plan=None if index % 2 else "Max 20x")
        for index, reading in enumerate(large)
    ]
    assert [limit.rate for limit in every(unnamed)] == [limit.rate for limit in every(large)]


@pytest.mark.parametrize("known_days", [0, 3])
def test_a_reading_in_the_minutes_after_a_reset_has_no_forecast(known_days: int) -> None:
    """The old percentage under the new reset, then a small one."""
    earlier = [
        look(NOW - day * DAY + minute * MIN, minute / 10, NOW - day * DAY + SESSION_S)
        for day in range(known_days, 0, -1)
        for minute in range(0, 240, 10)
    ]
    looks = [
        look(NOW + 60, 88, NOW + SESSION_S),
        look(NOW + 360, 88, NOW + SESSION_S),
        look(NOW + 960, 3, NOW + SESSION_S),
    ]
    assert [
        with_forecast(reading, [*earlier, *looks[:index]]).limits[0].exhausts_at
        for index, reading in enumerate(looks)
    ] == [None] * 3


def test_a_limit_taken_back_from_full_is_full_no_more() -> None:
    """The hours after a banked reset are known; those in which the limit stood reached are not."""
    use = Use(WEEK_S)
    for at, percent in ((NOW, 90), (NOW + HOUR, 100), (NOW + 5 * HOUR, 0), (NOW + 6 * HOUR, 1)):
        use.add(at, percent, NOW + 3 * DAY)
    assert use.full == set(range(NOW // HOUR + 1, NOW // HOUR + 6))
