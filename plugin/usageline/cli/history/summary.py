"""The history in words: times at a limit, the busiest hours, and this week against the last one.

Pure but for the time zone, which is that of the process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from usageline.cli.formatting import counted, span
from usageline.cli.history import heatmap
from usageline.cli.history.series import Observation, observations_by_limit
from usageline.core import formatting
from usageline.core.vocabulary import title
from usageline.core.windows import LENGTH_S
from usageline.usage.values import EARLIEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.cli.history.heatmap import HourlyUse
    from usageline.usage.model import Reading

FULL_PERCENT = 100
BUSY_HOURS = 3
MIN_DAYS = 3
"""Known days from which on there are usual hours."""

SAME_POINTS = 1
"""Fewer points between two weeks are no difference."""

MAX_APART_S = 86400
"""How far apart the readings around a time may be, if the percentage between them is to count."""

MAX_SHIFT_S = 6 * 3600
"""How much longer or shorter than a week the time between two resets of it may be."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class _Window:
    """The observations of one window, and when it ended (epoch s), at the latest now."""

    observations: tuple[Observation, ...]
    until: float

    @property
    def full_at(self) -> float | None:
        """Return when it was first known to be used up, None if it was not."""
        return next(
            (one.time for one in self.observations if (one.percent or 0) >= FULL_PERCENT), None
        )


def sentences(readings: Sequence[Reading], start: float, now: float) -> list[str]:
    """Return the summary of the time from `start` (epoch s) to `now`.

    `readings` may begin earlier, for the last week.
    """
    since = [reading for reading in readings if reading.observed_at >= start]
    return [
        *_at_limits(since, now),
        *_busiest(heatmap.use_by_hour(since)),
        *_weeks(readings, now),
    ]


def _at_limits(readings: Iterable[Reading], now: float) -> list[str]:
    texts = []
    for (kind, label), observations in observations_by_limit(readings).items():
        full = [
            (window.full_at, window.until)
            for window in _windows(observations, now)
            if window.full_at is not None
        ]
        if full:
            count = f"{len(full)} times" if len(full) > 1 else "once"
            total = span(sum(max(until - at, 0) for at, until in full))
            last = formatting.clock(full[-1][0], now)
            texts.append(
                f"{title(kind, label)}: at the limit {count}, {total} in all, last: {last}."
            )
    return texts or ["No limit was reached."]


def _windows(observations: Sequence[Observation], now: float) -> list[_Window]:
    """Return the windows of one limit, oldest first."""
    windows: list[_Window] = []
    members: list[Observation] = []
    for earlier, later in zip_longest(observations, observations[1:]):
        members.append(earlier)
        if later is None:
            resets_at = earlier.resets_at
            windows.append(
                _Window(tuple(members), now if resets_at is None else min(resets_at, now))
            )
        elif not earlier.same_window(later) or (later.decreased and not earlier.decreased):
            windows.append(_Window(tuple(members), earlier.reset_before(later)))
            members = []
    return windows


def _busiest(use: HourlyUse) -> list[str]:
    """Return the hours in which most of the 5-hour limit is used, and the weekday."""
    days = [day for day, hours in use.items() if any(hours.values())]
    if len(days) < MIN_DAYS:
        return []
    by_hour = [sum(use[day].get(hour, 0) for day in days) / len(days) for hour in range(24)]
    first = max(range(24), key=lambda hour: sum(_around(by_hour, hour)))
    points = math.floor(sum(_around(by_hour, first)))
    text = f"Busiest hours: {first:02}:00 to {(first + BUSY_HOURS) % 24:02}:00"
    text += f", with {points}% of a 5-hour limit on an average day of use."
    totals: dict[int, list[float]] = {}
    for day in days:
        totals.setdefault(day.weekday(), []).append(sum(use[day].values()))
    if len(totals) >= MIN_DAYS:
        busiest = max(totals, key=lambda weekday: sum(totals[weekday]) / len(totals[weekday]))
        text += f" Busiest day: {WEEKDAYS[busiest]}."
    return [text]


def _around(by_hour: Sequence[float], first: int) -> list[float]:
    return [by_hour[(first + number) % 24] for number in range(BUSY_HOURS)]


def _weeks(readings: Iterable[Reading], now: float) -> list[str]:
    """Compare the current weekly window with the last one at the same time of its week."""
    kind = "weekly_all"
    observations = [
        one
        for (of_kind, _), all_of_kind in observations_by_limit(readings).items()
        if of_kind == kind
        for one in all_of_kind
        if one.percent is not None
    ]
    running = _windows(observations, now)
    if len(running) < 2 or running[-1].observations[-1].resets_at is None:
        return []
    current, previous = running[-1].observations, running[-2].observations
    ends_at, ended_at = current[-1].resets_at or EARLIEST, previous[-1].resets_at
    if ended_at is None or ends_at <= now or abs(ends_at - ended_at - LENGTH_S[kind]) > MAX_SHIFT_S:
        return []
    known_then = _percent_at(previous, now - (ends_at - ended_at))
    if known_then is None:
        return []
    used, then, total = (
        math.floor(percent or 0)
        for percent in (current[-1].percent, known_then, previous[-1].percent)
    )
    points = abs(used - then)
    if points < SAME_POINTS:
        comparison = "as much as"
    else:
        comparison = f"{counted(points, 'point')} {'more' if used > then else 'less'} than"
    text = f"This week: {used}% of the weekly limit so far, {comparison} last week at this time"
    return [f"{text} ({then}%; {total}% at its end)."]


def _percent_at(observations: Sequence[Observation], timestamp: float) -> float | None:
    """Return the percentage at that time, on the line between its neighbors; None if not known."""
    for earlier, later in pairwise(observations):
        if earlier.time <= timestamp <= later.time <= earlier.time + MAX_APART_S:
            before, after = earlier.percent or 0, later.percent or 0
            share = (timestamp - earlier.time) / max(later.time - earlier.time, 1)
            return before + share * (after - before)
    return None
