"""How much of the 5-hour limit was used in each hour of each day, in local time. Pure but for the time zone, which is the process's."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from usageline.cli.history.series import Seen, gap_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.usage.model import Reading

Day: TypeAlias = tuple[int, int, int]
"""Year, month and day."""

Hours: TypeAlias = dict[Day, dict[int, float]]
"""Percentage points of the 5-hour limit by day and hour. An hour that is missing is one of which nothing is known."""

Row: TypeAlias = "tuple[Day | int, dict[int, float]]"
"""A day, or a weekday (0 is Monday), and its hours."""

WINDOW_S = 5 * 3600
QUARTER_S = 900
"""Time zones lie whole quarters of an hour apart."""

DAYS_APART = 14
"""So many days are shown one by one; of more, each weekday is shown by the mean of its days."""

LEVELS = (0, 5, 10, 20)
"""An hour of more than 20 points uses up the limit before the window's five hours are over."""


def hours(readings: Iterable[Reading]) -> Hours:
    """The use by hour. What was used in a gap of the readings is left out: it is not known when."""
    seen = [
        Seen(reading.observed_at, limit.percent, limit.resets_at)
        for reading in readings
        for limit in reading.limits
        if limit.kind == "session" and limit.percent is not None
    ]
    gap, found = gap_s(seen), Hours()
    for before, one in pairwise(seen):
        begin, used = before.at, (one.percent or 0) - (before.percent or 0)
        if not one.same_window(before):
            used = one.percent or 0
            # In a window that is new, all that is used was used since it began.
            begin = max(
                before.at, one.resets_at - WINDOW_S if one.resets_at is not None else before.at
            )
        if 0 < one.at - begin <= gap:
            _spread(found, begin, one.at, max(used, 0))
    return found


def level(used: float | None) -> int | None:
    """0 for an hour without use, up to 4 for one of more than 20 points; None where nothing is known."""
    return None if used is None else sum(used > least for least in LEVELS)


def rows(found: Hours) -> list[Row]:
    """The heatmap's rows: each day, or of more than DAYS_APART days each weekday (0 is Monday) by the mean of its known hours."""
    if not found:
        return []
    first, last = min(found), max(found)
    count = round((_noon(last) - _noon(first)) / 86400) + 1
    days: list[Day] = [_day(_noon(first) + 86400 * number) for number in range(count)]
    if count <= DAYS_APART:
        return [(day, found.get(day, {})) for day in days]
    means: list[Row] = []
    for weekday in range(7):
        of_it = [found[day] for day in days if day in found and weekday_of(day) == weekday]
        known = {hour: [one[hour] for one in of_it if hour in one] for hour in range(24)}
        means.append(
            (weekday, {hour: sum(values) / len(values) for hour, values in known.items() if values})
        )
    return means


def weekday_of(day: Day) -> int:
    """0 for a Monday."""
    return time.localtime(_noon(day)).tm_wday


def _spread(found: Hours, begin: float, end: float, used: float) -> None:
    at = begin
    while at < end:
        until = min(end, (at // QUARTER_S + 1) * QUARTER_S)
        local = time.localtime(at)
        day = found.setdefault((local.tm_year, local.tm_mon, local.tm_mday), {})
        day[local.tm_hour] = day.get(local.tm_hour, 0) + used * (until - at) / (end - begin)
        at = until


def _noon(day: Day) -> float:
    return time.mktime((*day, 12, 0, 0, 0, 0, -1))


def _day(at: float) -> Day:
    local = time.localtime(at)
    return local.tm_year, local.tm_mon, local.tm_mday
