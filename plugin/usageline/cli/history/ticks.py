"""The marks of the time axis and their labels, in local time."""

from __future__ import annotations

import time
from typing import TypeAlias

from usageline.core.formatting import DAYS, MONTHS

Tick: TypeAlias = tuple[float, str]
"""Epoch seconds and label."""

HOUR_S, DAY_S = 3600, 86400
MAX_HOURS_S = 2 * DAY_S
"""Up to this length the marks are hours, above it days."""

HOUR_STEPS = (1, 2, 3, 6, 12)
DAY_STEPS = (1, 2, 5, 7, 10, 14, 30)


def ticks(start: float, end: float, max_ticks: int) -> list[Tick]:
    """Return at most `max_ticks` marks from `start` to `end` (epoch seconds).

    They are full hours if the time is short, else midnights.
    """
    if end - start <= MAX_HOURS_S:
        hours = _full_hours(start, end)
        for step in HOUR_STEPS:
            marks = [hour for hour in hours if time.localtime(hour).tm_hour % step == 0]
            if len(marks) <= max_ticks:
                return [(hour, time.strftime("%H:%M", time.localtime(hour))) for hour in marks]
    days = _midnights(start, end)
    step = next((step for step in DAY_STEPS if len(days[::step]) <= max_ticks), len(days) or 1)
    return [(day, day_label(day, weekday=step == 1)) for day in days[::step]]


def day_label(timestamp: float, *, weekday: bool = True) -> str:
    """Return `Tue 24`, or `24 Nov` without the weekday."""
    local = time.localtime(timestamp)
    if weekday:
        return f"{DAYS[local.tm_wday]} {local.tm_mday}"
    return f"{local.tm_mday} {MONTHS[local.tm_mon - 1]}"


def _full_hours(start: float, end: float) -> list[float]:
    local = time.localtime(start)
    first = int(start) - local.tm_min * 60 - local.tm_sec
    hours = (first + number * HOUR_S for number in range(int((end - first) // HOUR_S) + 1))
    return [float(hour) for hour in hours if hour >= start]


def _midnights(start: float, end: float) -> list[float]:
    local = time.localtime(start)
    midnights = (
        time.mktime((local.tm_year, local.tm_mon, local.tm_mday + number, 0, 0, 0, 0, 0, -1))
        for number in range(int((end - start) / DAY_S) + 3)
    )
    return [midnight for midnight in midnights if start <= midnight <= end]
