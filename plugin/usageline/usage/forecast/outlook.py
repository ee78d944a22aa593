"""The chance that a limit is reached before its reset, and when. Pure.

The use to come is what is usual in the hours to come, times how this user's last days compare with the usual; at first it is what is used of
late, which gives way to the usual. The chance weighs two signs: how that compares with what is left, and how often this user used as much
before in hours like this one. The moment is the middle of those courses that reach the limit before the reset, by a lognormal spread; its range
leaves out the earliest and the latest tenth of them.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from usageline.usage.forecast.alike import alike
from usageline.usage.forecast.use import HOUR_S
from usageline.usage.forecast.usual import DAY_H, Baseline
from usageline.usage.forecast.weights import Signs

if TYPE_CHECKING:
    from usageline.usage.forecast.use import Use
    from usageline.usage.forecast.weights import Weights

QUANTILES = (0.1, 0.5, 0.9)
"""Early, likely, late: the range holds the true moment in eight of ten."""
MAX_SPREAD = 2.0
NEW_USER_DECAY_S = 16 * 3600
"""With every so many seconds of looking, what is believed of a new user counts e times less."""
MIN_TO_COME = 0.05
"""Points. So that there is a logarithm."""
PRIOR_FILLED_H, PRIOR_OTHER_H = 0.3, 0.9
"""Without history: as if so many hours had been like this one, of which a quarter filled the limit."""
NORMAL = NormalDist()


class Outlook(NamedTuple):
    """`rate`: use of late in points an hour, None if idle or not known yet. `chance` of reaching the limit before its reset, 0 to 1, None if
    nothing can be said. `span`: when it would be reached, early, likely and late.
    """

    rate: float | None
    chance: float | None = None
    span: tuple[float, float, float] | None = None


def predict(use: Use, now: int, weights: Weights) -> Outlook:
    """What can be said at `now`, the moment of the use's last reading."""
    left_s, need, starts_at = use.resets_at - now, 100 - use.percent, use.starts_at
    first_at = max(use.since, use.window_at if starts_at is None else starts_at)
    if now - use.rose_at > weights.idle_s or use.is_one_step(first_at):
        return Outlook(None)
    late = _late(use, now, weights, first_at)
    rate = round(late, 2)
    if (
        starts_at is None
        or need <= 0
        or now - starts_at < weights.least_s
        or use.percent < weights.least_percent
    ):
        return Outlook(rate)
    if use.looked_s < weights.looked_s:
        return Outlook(rate)
    elapsed_s = max(now - starts_at, HOUR_S)
    usual = Baseline(use, now, use.percent / elapsed_s * HOUR_S * weights.goes_on, weights)
    course = _course(usual, now, left_s, late, weights)
    to_come = course[-1][1]
    if to_come <= 0:
        return Outlook(rate, 0.0)
    chance = weights.odds.chance(_signs(use, now, usual, late, to_come))
    spread = weights.spread + weights.spread_new / (1 + usual.known_h / DAY_H)
    spread = min(MAX_SPREAD, math.hypot(spread, math.sqrt(weights.grain / need)))
    reaching = NORMAL.cdf(math.log(to_come / need) / spread)
    early, likely, late_ = (
        now + _reached(course, need, spread, reaching * quantile) for quantile in QUANTILES
    )
    return Outlook(rate, chance, (early, likely, late_))


def _signs(use: Use, now: int, usual: Baseline, rate: float, to_come: float) -> Signs:
    """Compare what is to come with what is left."""
    weight, filled = alike(use, now, usual.first_hour, rate)
    return Signs(
        course=math.log(max(to_come, MIN_TO_COME) / (100 - use.percent)),
        alike=math.log((filled + PRIOR_FILLED_H) / (weight - filled + PRIOR_OTHER_H)),
        new=math.exp(-use.looked_s / NEW_USER_DECAY_S),
    )


def _late(use: Use, now: int, weights: Weights, first_at: int) -> float:
    """The use of this window in points an hour, the newest counting most. A rise is spread over the time between its two readings."""
    time_constant_s = weights.late_s
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
    """The use to come until the reset: seconds from now, and points used until then."""
    level = usual.level() if usual.known_h >= DAY_H else 1.0
    over = late - level * usual.in_hour(usual.now_hour)
    course, after_s, total = [], 0, 0.0
    while after_s < left_s:
        step_s = min(weights.step_s, left_s - after_s)
        middle_s = after_s + step_s // 2
        expected = level * usual.in_hour((now + middle_s) // HOUR_S) + over * math.exp(
            -middle_s / weights.gives_way_s
        )
        after_s += step_s
        total += max(0.0, expected) * step_s / HOUR_S
        course.append((after_s, total))
    return course


def _reached(course: list[tuple[int, float]], need: float, spread: float, share: float) -> float:
    """After how many seconds `need` points are used in the course that a `share` of all courses is ahead of."""
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
