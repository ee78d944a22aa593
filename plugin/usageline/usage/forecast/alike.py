"""Estimate how often, in hours like this one, the user used as much as is left. Pure."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from usageline.usage.forecast.baseline import DAY_H
from usageline.usage.forecast.use import HOUR_S

if TYPE_CHECKING:
    from usageline.usage.forecast.use import Use

HOURS_APART = 3.0
"""Difference in the time of day at which two hours are hardly alike any more."""
PACE_APART = 0.5
"""The same for the pace, as a difference of logarithms."""
DAY_DECAY = 0.95
"""A day's weight, as a part of that of the day after it."""


def alike(use: Use, now: int, first_hour: int, rate: float) -> tuple[float, float]:
    """Return the weight of past hours of use like this one, and of those that filled the limit.

    `rate` is the recent use in points an hour; hours before `first_hour` are unknown.
    """
    need, left_h, now_hour = 100 - use.percent, (use.resets_at - now) / HOUR_S, now // HOUR_S
    span = max(1, math.ceil(left_h))
    if now_hour - first_hour <= span:
        return 0.0, 0.0
    hours, full = use.hours, use.full
    past = range(first_hour, now_hour + 1)
    used = list(accumulate((hours.get(hour, 0.0) for hour in past), initial=0.0))
    stopped = list(accumulate((hour in full for hour in past), initial=0))
    weights = filled = 0.0
    pace = math.log(2 * rate + 1)
    for hour, amount in hours.items():
        index = hour - first_hour
        if amount <= 0 or hour in full or not 0 < index < now_hour - first_hour - span + 1:
            continue
        apart = (now_hour - hour) % DAY_H
        apart_h = min(apart, DAY_H - apart) / HOURS_APART
        faster = (math.log(used[index + 1] - used[index - 1] + 1) - pace) / PACE_APART
        weight = math.exp(-(apart_h * apart_h + faster * faster) / 2) * DAY_DECAY ** (
            (now_hour - hour) / DAY_H
        )
        weights += weight
        # The hours after it. If the limit was reached in one, more would have been used.
        after, end = index + 1, index + 1 + span
        if (used[end] - used[after]) * left_h / span >= need or stopped[end] > stopped[after]:
            filled += weight
    return weights, filled
