"""Estimate the chance that a limit is reached before its reset, and when. Pure.

The expected use is the usual use of the coming hours, times how the last days compare with it. At
first it is the recent use, which decays to the usual.

The chance weighs two signs. One compares the expected use with what is left. The other is how often
the user used as much in hours like this one.

The moment is the median of the courses that reach the limit before the reset, with a lognormal
spread. Its range leaves out the earliest and the latest tenth of them.
"""

from __future__ import annotations

import math
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from usageline.usage.forecast.use import DAY_H, HOUR_S, Baseline
from usageline.usage.forecast.weights import Signs

if TYPE_CHECKING:
    from usageline.usage.forecast.use import Use
    from usageline.usage.forecast.weights import Weights


QUANTILES = (0.1, 0.5, 0.9)
"""Early, likely, late: the range contains the true moment in eight of ten cases."""
MAX_SPREAD = 2.0
NEW_USER_DECAY_S = 16 * 3600
"""After each such time of watching, the prior for a new user weighs e times less."""
MIN_TO_COME = 0.05
"""Percentage points; keeps the logarithm finite."""
PRIOR_FILLED_H, PRIOR_OTHER_H = 0.3, 0.9
"""Prior weight in hours: a quarter of them filled the limit."""
NORMAL = NormalDist()

HOURS_APART = 3.0
"""Difference in the time of day at which two hours are hardly alike any more."""
PACE_APART = 0.5
"""The same for the pace, as a difference of logarithms."""
DAY_DECAY = 0.95
"""A day's weight, as a part of that of the day after it."""


class Outlook(NamedTuple):
    """The outlook of one limit.

    `rate` is the recent use in points an hour, None if idle or unknown. `chance` is that of
    reaching the limit before its reset, 0 to 1, None if unknown. `span` is when it would be
    reached: early, likely and late. `to_come` are the points used until the reset: few, likely and
    many.
    """

    rate: float | None
    chance: float | None = None
    span: tuple[float, float, float] | None = None
    to_come: tuple[float, float, float] | None = None


def predict(use: Use, now: int, weights: Weights) -> Outlook:
    """Return the outlook at `now`, the time of the last reading in `use`."""
    left_s, need, starts_at = use.resets_at - now, 100 - use.percent, use.starts_at
    first_at = max(use.since, use.window_at if starts_at is None else starts_at)
    if now - use.rose_at > weights.idle_s or use.is_one_step(first_at):
        return Outlook(None)
    late = _recent_rate(use, now, weights, first_at)
    rate = round(late, 2)
    if (
        starts_at is None
        or need <= 0
        or now - starts_at < weights.min_elapsed_s
        or use.percent < weights.min_percent
    ):
        return Outlook(rate)
    if use.watched_s < weights.watched_s:
        return Outlook(rate)
    elapsed_s = max(now - starts_at, HOUR_S)
    usual = Baseline(use, now, use.percent / elapsed_s * HOUR_S * weights.continues, weights)
    course = _course(usual, now, left_s, late, weights)
    to_come = course[-1][1]
    if to_come <= 0:
        return Outlook(rate, 0.0, to_come=(0.0, 0.0, 0.0))
    chance = weights.odds.chance(_signs(use, now, usual, late, to_come))
    spread = weights.spread + weights.spread_new / (1 + usual.known_h / DAY_H)
    spread = min(MAX_SPREAD, math.hypot(spread, math.sqrt(weights.grain / need)))
    reaching = NORMAL.cdf(math.log(to_come / need) / spread)
    early, likely, late_ = (
        now + _reached(course, need, spread, reaching * quantile) for quantile in QUANTILES
    )
    few, middle, many = (
        to_come * math.exp(spread * NORMAL.inv_cdf(quantile)) for quantile in QUANTILES
    )
    return Outlook(rate, chance, (early, likely, late_), (few, middle, many))


def _signs(use: Use, now: int, usual: Baseline, rate: float, to_come: float) -> Signs:
    """Compare the expected use with what is left."""
    weight, filled = alike(use, now, usual.first_hour, rate)
    return Signs(
        course=math.log(max(to_come, MIN_TO_COME) / (100 - use.percent)),
        alike=math.log((filled + PRIOR_FILLED_H) / (weight - filled + PRIOR_OTHER_H)),
        new=math.exp(-use.watched_s / NEW_USER_DECAY_S),
    )


def _recent_rate(use: Use, now: int, weights: Weights, first_at: int) -> float:
    """Return the recent use of this window in points an hour, the latest weighing most.

    A rise is spread over the time between its two readings.
    """
    time_constant_s = weights.recent_s
    since = max(first_at, now - 6 * time_constant_s)
    amount = 0.0
    for began, at, grown in reversed(use.rises):
        if at <= since:
            break
        newest, oldest = (
            math.exp((moment - now) / time_constant_s) for moment in (at, max(began, since))
        )
        amount += grown * time_constant_s / (at - began) * (newest - oldest)
    seen_s = time_constant_s * (1 - math.exp(min(0.0, since - now) / time_constant_s))
    return amount * HOUR_S / seen_s if seen_s else 0.0


def _course(
    usual: Baseline, now: int, left_s: int, late: float, weights: Weights
) -> list[tuple[int, float]]:
    """Return the expected use until the reset: seconds from now, and points used until then."""
    trend = usual.trend() if usual.known_h >= DAY_H else 1.0
    over = late - trend * usual.rate_at(usual.now_hour)
    course, after_s, total = [], 0, 0.0
    while after_s < left_s:
        step_s = min(weights.step_s, left_s - after_s)
        middle_s = after_s + step_s // 2
        expected = trend * usual.rate_at((now + middle_s) // HOUR_S) + over * math.exp(
            -middle_s / weights.recent_decay_s
        )
        after_s += step_s
        total += max(0.0, expected) * step_s / HOUR_S
        course.append((after_s, total))
    return course


def _reached(course: list[tuple[int, float]], need: float, spread: float, share: float) -> float:
    """Return after how many seconds `need` points are used in the course at that quantile."""
    ordinary = need * math.exp(spread * NORMAL.inv_cdf(min(max(share, 1e-9), 1 - 1e-9)))
    before_s, before = 0, 0.0
    for after_s, total in course:
        if total >= ordinary:
            return (
                before_s + (after_s - before_s) * (ordinary - before) / (total - before)
                if total > before
                else after_s
            )
        before_s, before = after_s, total
    return before_s


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
