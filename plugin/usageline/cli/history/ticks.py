"""Where the time axis has its marks, in local time, and how they are worded."""

from __future__ import annotations

import time
from typing import TypeAlias

from usageline.core.formatting import DAYS, MONTHS

Tick: TypeAlias = tuple[float, str]
"""Epoch seconds and label."""

HOUR_S, DAY_S = 3600, 86400
SHORT_S = 2 * DAY_S
"""Up to here hours are marked."""

HOUR_STEPS = (1, 2, 3, 6, 12)
DAY_STEPS = (1, 2, 5, 7, 10, 14, 30)


def ticks(start: float, end: float, most: int) -> list[Tick]:
    """At most `most` marks from `start` to `end` (epoch seconds): full hours of a short time, else midnights."""
    if end - start <= SHORT_S:
        hours = _full_hours(start, end)
        for step in HOUR_STEPS:
            marks = [at for at in hours if time.localtime(at).tm_hour % step == 0]
            if len(marks) <= most:
                return [(at, _clock(at)) for at in marks]
    days = _midnights(start, end)
    step = next((step for step in DAY_STEPS if len(days[::step]) <= most), len(days) or 1)
    return [(at, day_label(at, weekday=step == 1)) for at in days[::step]]


def day_label(at: float, *, weekday: bool = True) -> str:
    """`Tue 24`, or `24 Nov` where weekdays say nothing."""
    local = time.localtime(at)
    return (
        f"{DAYS[local.tm_wday]} {local.tm_mday}"
        if weekday
        else f"{local.tm_mday} {MONTHS[local.tm_mon - 1]}"
    )


def _clock(at: float) -> str:
    return time.strftime("%H:%M", time.localtime(at))


def _full_hours(start: float, end: float) -> list[float]:
    local = time.localtime(start)
    first = int(start) - local.tm_min * 60 - local.tm_sec
    return [
        at
        for number in range(int((end - first) // HOUR_S) + 1)
        if (at := float(first + number * HOUR_S)) >= start
    ]


def _midnights(start: float, end: float) -> list[float]:
    local, found = time.localtime(start), []
    for number in range(int((end - start) / DAY_S) + 3):
        at = time.mktime((local.tm_year, local.tm_mon, local.tm_mday + number, 0, 0, 0, 0, 0, -1))
        if start <= at <= end:
            found.append(at)
    return found
