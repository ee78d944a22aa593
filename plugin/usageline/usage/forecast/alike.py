"""How often this user, in hours like this one, went on to use as much as is left. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.usage.forecast.use import HOUR_S
from usageline.usage.forecast.usual import DAY_H, WEEK_H

if TYPE_CHECKING:
    from usageline.usage.forecast.use import Use

HOURS_APART = 3.0
"""Of the time of day: so far apart two hours are hardly alike any more."""
PACE_APART = 0.5
"""The same for the pace, as a difference of logarithms."""
DAY_DECAY = 0.95
"""A day counts so much of the one after it."""


def alike(use: Use, now: int, first_hour: int, rate: float) -> tuple[float, float]:
    """Return how many past hours of use were like this one, weighted, and the weight of those that the same would have filled.

    `rate` is the use of late in points an hour; hours before `first_hour` are not known.
    """
    need, left_h = 100 - use.percent, (use.resets_at - now) / HOUR_S
    now_hour = now // HOUR_S
    span = max(1, math.ceil(left_h))
    count = now_hour - first_hour - span
    if count <= 0:
        return 0.0, 0.0
    get, full = use.hours.get, use.full
    used_until, total = [0.0], 0.0
    for hour in range(first_hour, now_hour + 1):
        total += get(hour, 0.0)
        used_until.append(total)
    full_until, count_full = [0], 0
    for hour in range(first_hour, now_hour + 1):
        count_full += hour in full
        full_until.append(count_full)
    weights = filled = 0.0
    pace = math.log(2 * rate + 1)
    for index in range(1, count + 1):
        hour = first_hour + index
        if get(hour, 0.0) <= 0 or hour in full:
            continue
        apart = abs(hour - now_hour) % DAY_H
        apart = min(apart, DAY_H - apart) / HOURS_APART
        faster = (math.log(used_until[index + 1] - used_until[index - 1] + 1) - pace) / PACE_APART
        weight = math.exp(-(apart * apart + faster * faster) / 2) * DAY_DECAY ** ((now_hour - hour) / DAY_H)
        after, end = index + 1, index + 1 + span
        weights += weight
        if (used_until[end] - used_until[after]) * left_h / span >= need or full_until[end] > full_until[after]:
            filled += weight
    return weights, filled
