"""The forecast against the straight line, on a few of the users that it was not tuned on. `tests/run forecast` has them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.measure import KINDS, OURS, STRAIGHT, Watched, score, watch
from forecast.months import month
from forecast.table import HELD_OUT, better

FEW = HELD_OUT[:6]


@pytest.fixture(scope="module")
def windows() -> list[Watched]:
    """All windows of these users, read every ten minutes: that takes half the time."""
    months = [month(seed) for seed in FEW]
    return [window for each in months for window in watch(replace(each, readings=each.readings[::2]))]


@pytest.mark.parametrize("kind", sorted(set(KINDS.values())))
def test_ours_is_better_than_the_straight_line_in_all_that_is_measured(windows: list[Watched], kind: str) -> None:
    """Fewer false alarms and misses, more lead, less error."""
    ours, straight = score(windows, kind, OURS), score(windows, kind, STRAIGHT)
    assert better(ours, straight), (ours, straight)


def test_the_range_holds_the_true_moment_about_as_often_as_it_says(windows: list[Watched]) -> None:
    """Eight times in ten, on a few users not exactly."""
    assert 0.65 < score(windows, "session", OURS).coverage < 0.95
