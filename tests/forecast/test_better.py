"""Test the forecast against the straight line, on a few users that it was not tuned on.

`tests/run forecast` has many users of both kinds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.forecast.measure import (
    KINDS,
    STRAIGHT,
    Seen,
    episodes,
    reliability,
    score,
    watch,
    watch_installs,
)
from tools.forecast_table import HELD_OUT, SURE_CHANCE, TUNING, USERS
from usageline.core.windows import SURE_PERCENT
from usageline.usage.forecast import MIN_CHANCE

if TYPE_CHECKING:
    from tests.forecast.months import Month

FEW = (6000, 6001, 6002)
THRESHOLDS = (MIN_CHANCE, SURE_CHANCE)


@pytest.fixture(scope="module")
def months() -> list[Month]:
    """Users of both kinds, read every quarter of an hour: that takes a third of the time."""
    months = [make(seed) for make in USERS.values() for seed in FEW]
    return [replace(month, readings=month.readings[::3]) for month in months]


@pytest.fixture(scope="module")
def watched(months: list[Month]) -> Seen:
    """All their windows."""
    whole = Seen()
    for month in months:
        whole.add(watch(month))
    return whole


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("kind", sorted(set(KINDS.values())))
def test_an_alarm_comes_true_more_often_than_the_straight_line_s(
    watched: Seen, kind: str, threshold: float
) -> None:
    """By episode and by reading, it gives fewer false alarms, and the moment is nearer.

    Its later alarm misses more.
    """
    of_usageline, straight = score(watched, kind, threshold), score(watched, kind, STRAIGHT)
    assert of_usageline.precision > straight.precision
    assert of_usageline.of_readings > straight.of_readings
    assert of_usageline.right > straight.right or threshold > MIN_CHANCE
    assert of_usageline.false_alarms < straight.false_alarms
    assert of_usageline.error < straight.error


def test_in_the_first_day_it_is_no_worse_than_the_straight_line(months: list[Month]) -> None:
    """After installs at random moments, when nothing is known of the user."""
    day = Seen()
    for month in months:
        day.add(watch_installs(month)[0])
    of_usageline, straight = (
        score(day, "session", MIN_CHANCE, within=True),
        score(day, "session", STRAIGHT, within=True),
    )
    assert of_usageline.of_readings >= straight.of_readings
    assert of_usageline.precision >= straight.precision
    assert of_usageline.false_alarms <= straight.false_alarms


def test_a_chance_comes_true_about_that_often(watched: Seen) -> None:
    """Of the 5-hour limit, in three parts; on a few users not exactly."""
    tenths = reliability(watched, "session")
    for part in (tenths[:3], tenths[3:7], tenths[7:]):
        readings = sum(count for count, _, _ in part)
        chance, share = (sum(row[0] * row[column] for row in part) / readings for column in (1, 2))
        assert abs(chance - share) < 0.2


def test_the_range_contains_the_true_moment_about_eight_times_in_ten(watched: Seen) -> None:
    """Eight times in ten, on a few users not exactly."""
    assert 0.65 < score(watched, "session", MIN_CHANCE).coverage < 0.95


def test_a_higher_threshold_gives_fewer_episodes(watched: Seen) -> None:
    """Of which more come true."""
    counts = [
        sum(len(episodes(window, threshold)) for window in watched.of_kind("session"))
        for threshold in THRESHOLDS
    ]
    assert counts[0] > counts[1]
    assert (
        score(watched, "session", SURE_CHANCE).of_readings
        > score(watched, "session", MIN_CHANCE).of_readings
    )


def test_the_line_is_sure_from_the_chance_that_is_published() -> None:
    """The table speaks of the line's own threshold, and of seeds that nothing was tuned on."""
    assert SURE_CHANCE * 100 == SURE_PERCENT
    assert set(TUNING).isdisjoint((*HELD_OUT, *FEW))
