"""Test when a forecast names a pace, a rate and an end, and when it names none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.windows import LENGTH_S
from usageline.storage import codec
from usageline.usage.forecast import MIN_CHANCE, History, with_forecast
from usageline.usage.model import Limit, Reading
from usageline.usage.values import percent as as_percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOW = 1_795_478_400
"""A Tuesday, 00:00 UTC."""
HOUR, DAY = 3600, 86400
SESSION_S, WEEK_S = LENGTH_S["session"], LENGTH_S["weekly_all"]


def look(at: int, percent: float | None, resets_at: int | None, kind: str = "session") -> Reading:
    """A reading of one limit."""
    return Reading((Limit(kind, "L", percent, resets_at),), (), "oauth", at)


def after(readings: list[Reading]) -> Limit:
    """Return the forecast of the limit at the last of these readings."""
    return with_forecast(readings[-1], readings[:-1]).limits[0]


def session(minutes: Iterable[int], percent: Callable[[int], float]) -> list[Reading]:
    """Readings of a session window that starts at NOW, at so many minutes into it."""
    return [look(NOW + minute * 60, percent(minute), NOW + SESSION_S) for minute in minutes]


def working_days(
    days: int, points_an_hour: float, hours: range, workdays: range = range(7)
) -> list[Reading]:
    """Return the readings of that many days of work in these hours, every ten minutes.

    They end at NOW + 2 days; weeks start on Tuesdays.
    """
    readings, used, week = [], 0.0, None
    for minute in range(NOW // 60 - days * 1440, NOW // 60 + 2 * 1440, 10):
        at = minute * 60
        resets_at = NOW + WEEK_S * ((at - NOW) // WEEK_S + 1)
        used, week = (used, week) if resets_at == week else (0.0, resets_at)
        if (at // DAY + 3) % 7 in workdays and at % DAY // HOUR in hours:
            used = min(100.0, used + points_an_hour / 6)
            readings.append(look(at, used, resets_at, "weekly_all"))
    return readings


def test_pace_is_the_distance_from_even_use() -> None:
    """In percentage points, above even use and below."""
    assert after([look(NOW + SESSION_S // 2, 62.5, NOW + SESSION_S)]).pace == 12.5
    assert after([look(NOW + WEEK_S // 4, 5, NOW + WEEK_S, "weekly_all")]).pace == -20


@pytest.mark.parametrize(
    "limit",
    [
        Limit("monthly_all", "M", 40, NOW + DAY),
        Limit("session", "S", None, NOW + HOUR),
        Limit("session", "S", 0, None),
        Limit("session", "S", 40, NOW),
        Limit("session", "S", 40, NOW - DAY),
    ],
)
def test_a_limit_without_a_known_window_has_no_forecast(limit: Limit) -> None:
    """A kind of unknown length, an unknown percentage or reset, or a window that is over.

    An earlier forecast is removed.
    """
    stale = replace(
        limit,
        pace=1.0,
        rate=2.0,
        chance=0.9,
        exhausts_at=NOW + 60,
        exhausts_from=NOW + 50,
        exhausts_to=NOW + 70,
    )
    assert with_forecast(Reading((stale,), (), "oauth", NOW), []).limits == (limit,)


def test_a_steady_burn_is_forecast_correctly() -> None:
    """45 points an hour reach the limit after 133 minutes."""
    for minute in (60, 90, 120):
        limit = after(session(range(0, minute + 1, 5), lambda at: at * 0.75))
        assert limit.exhausts_at is not None
        assert limit.exhausts_from is not None
        assert limit.exhausts_to is not None
        assert abs(limit.exhausts_at - (NOW + 133 * 60)) < 0.35 * (133 - minute) * 60
        assert limit.exhausts_from < NOW + 133 * 60 < limit.exhausts_to
        assert limit.rate == pytest.approx(45, abs=2)


def test_the_chance_grows_as_a_steady_burn_comes_nearer() -> None:
    """An end is named from one half on, and before that its chance."""
    limits = [
        after(session(range(0, minute + 1, 5), lambda at: at / 2)) for minute in (60, 120, 180)
    ]
    chances = [limit.chance or 0 for limit in limits]
    assert chances == sorted(chances)
    assert chances[0] < MIN_CHANCE < chances[-1]
    assert [limit.exhausts_at is not None for limit in limits] == [
        chance >= MIN_CHANCE for chance in chances
    ]


def test_whole_percentages_give_nearly_the_same_forecast() -> None:
    """The service gives either."""
    minutes = range(0, 91, 5)
    exact, whole = (
        after(session(minutes, lambda at: at * 0.75)),
        after(session(minutes, lambda at: at * 3 // 4)),
    )
    assert exact.exhausts_at is not None
    assert whole.exhausts_at is not None
    assert abs(exact.exhausts_at - whole.exhausts_at) < 600


def test_slow_use_raises_no_alarm() -> None:
    """10 points an hour leave half of the window's limit."""
    assert after(session(range(0, 121, 5), lambda at: at / 6)).exhausts_at is None


@pytest.mark.parametrize(("days_known", "quiet_min"), [(0, 10), (7, 0)])
def test_a_window_that_has_hardly_begun_has_no_forecast(days_known: int, quiet_min: int) -> None:
    """However fast it begins: a burst at the start proves little, of a new user even less."""
    earlier = [
        look(NOW - day * DAY + minute * 60, minute, NOW - day * DAY + SESSION_S)
        for day in range(days_known, 0, -1)
        for minute in (5, 90)
    ]
    fast = session(range(0, 31, 2), lambda at: 4 + at * 2)
    has_end = [
        after([*earlier, *fast[: count + 1]]).exhausts_at is not None for count in range(len(fast))
    ]
    assert not any(has_end[: quiet_min // 2 + 1])
    assert all(has_end[11:])


def test_a_first_reading_has_only_a_pace() -> None:
    """When the use before it was is not known."""
    limit = after([look(NOW + HOUR, 90, NOW + SESSION_S)])
    assert (limit.rate, limit.exhausts_at) == (None, None)


def test_an_idle_limit_has_no_forecast() -> None:
    """After half an hour without a rise there is no rate and no end.

    After the next rise there is.
    """
    used = session(range(0, 121, 5), lambda at: min(at, 70))
    assert after(used[:20]).exhausts_at is not None
    assert (after(used).rate, after(used).exhausts_at) == (None, None)
    assert after([*used, look(NOW + 125 * 60, 75, NOW + SESSION_S)]).exhausts_at is not None


def test_a_limit_that_is_reached_has_no_end() -> None:
    """It is no forecast any more."""
    assert after(session(range(0, 101, 5), lambda at: at)).exhausts_at is None


def test_a_night_known_from_history_delays_the_end() -> None:
    """At 17:00 on the second day enough is left for four more hours of work: not tonight.

    For a user who works day and night it is tonight.
    """
    for hours, points_an_hour, earliest_h, latest_h in (
        (range(9, 17), 5, 33, 41),
        (range(24), 1.9, 20, 33),
    ):
        until_now = [
            row
            for row in working_days(28, points_an_hour, hours)
            if row.observed_at < NOW + DAY + 17 * HOUR
        ]
        end = after(until_now).exhausts_at
        assert end is not None
        assert NOW + DAY + earliest_h * HOUR < end < NOW + DAY + latest_h * HOUR


def test_a_weekend_known_from_history_raises_no_alarm() -> None:
    """Two days of five at 15 points are ahead of even use, and end at 75."""
    readings = working_days(28, 1.875, range(9, 17), range(5))
    limit = after([reading for reading in readings if reading.observed_at < NOW + DAY + 17 * HOUR])
    assert limit.pace is not None
    assert limit.pace > 4
    assert limit.exhausts_at is None


def test_use_that_is_taken_back_is_no_use() -> None:
    """After a banked reset the window goes on from below."""
    before = session(range(0, 91, 5), lambda at: at / 1.5)
    fallen = [*before, *session(range(95, 126, 5), lambda at: (at - 90) / 6)]
    limit = after(fallen)
    assert limit.rate is not None
    assert limit.rate >= 0
    assert limit.exhausts_at is None or limit.exhausts_at > NOW + 4 * HOUR


def test_the_old_percentage_under_a_new_reset_is_no_use() -> None:
    """The service gives it for some minutes after a rollover."""
    old = [look(NOW - SESSION_S + minute * 60, minute / 5, NOW) for minute in range(0, 300, 5)]
    glitch = [look(NOW + minute * 60, 59, NOW + SESSION_S) for minute in (1, 6)]
    new = [look(NOW + minute * 60, minute / 5, NOW + SESSION_S) for minute in range(11, 60, 5)]
    assert after([*old, *glitch, *new]).rate == pytest.approx(after([*old, *new]).rate, abs=3)


def test_one_reset_reported_a_second_apart_is_one_window() -> None:
    """The tolerance is that of the line."""
    exact = session(range(0, 91, 5), lambda at: at / 2)
    apart = [
        look(row.observed_at, row.limits[0].percent, NOW + SESSION_S + index % 2)
        for index, row in enumerate(exact)
    ]
    assert after(apart[:-1]).exhausts_at == pytest.approx(after(exact[:-1]).exhausts_at, abs=2)


def test_readings_added_one_by_one_give_the_same_forecast() -> None:
    """As with all of them at once, whatever the last forecast; one may come twice."""
    readings = working_days(10, 3, range(9, 17))
    history, past = History(), []
    for count, reading in enumerate(readings, 1):
        past.append(history.forecast(reading))
        if count % 50 == 0:
            assert with_forecast(reading, past[:-1]) == past[-1]
            assert with_forecast(reading, [*readings[: count - 1], past[-2]]) == past[-1]


STEPS = st.lists(
    st.tuples(
        st.integers(-600, 100_000),
        st.none() | st.integers(0, 300) | st.floats(0, 300).map(as_percent),
        st.none() | st.integers(-HOUR, 8 * DAY),
    ),
    min_size=1,
    max_size=40,
)


@given(st.sampled_from(["session", "weekly_all", "weekly_scoped"]), STEPS)
def test_whatever_the_history_a_forecast_lies_between_now_and_the_reset(
    kind: str, steps: list[tuple[int, float | None, int | None]]
) -> None:
    """Out of order, falling, unknown, with resets that jump: never an error.

    No moment has passed, and the range contains it.
    """
    past: list[Reading] = []
    at = NOW
    for step_s, percent, ahead_s in steps:
        at += step_s
        reading = with_forecast(
            look(at, percent, None if ahead_s is None else (at + ahead_s) // HOUR * HOUR, kind),
            past,
        )
        past.append(reading)
        limit = reading.limits[0]
        span = (limit.exhausts_from, limit.exhausts_at, limit.exhausts_to)
        assert None not in span or span == (None, None, None)
        if (
            limit.exhausts_from is not None
            and limit.exhausts_at is not None
            and limit.exhausts_to is not None
            and limit.resets_at is not None
        ):
            assert (
                at < limit.exhausts_from <= limit.exhausts_at <= limit.exhausts_to < limit.resets_at
            )
        assert limit.rate is None or limit.rate >= 0
        assert limit.chance is None or 0 <= limit.chance <= 1
        assert limit.exhausts_at is None or (limit.chance or 0) >= MIN_CHANCE
        assert (
            codec.from_json(json.loads(json.dumps(codec.as_json(reading), allow_nan=False)))
            == reading
        )
