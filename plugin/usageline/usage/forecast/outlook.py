"""The chance that a limit is reached before its reset, and when. Pure.

The use to come is what is usual in the hours to come, times how this user's last days compare with the usual; at first it is what is used of
late, which gives way to the usual. Around it lies a lognormal spread. A forecast is the middle of the moments at which the limit is reached, in
those of the possible courses that reach it before the reset; its range leaves out the earliest and the latest tenth of them.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from usageline.usage.forecast.use import HOUR_S
from usageline.usage.forecast.usual import DAY_H, Usual

if TYPE_CHECKING:
    from usageline.usage.forecast.use import Use
    from usageline.usage.forecast.weights import Weights

QUANTILES = (0.1, 0.5, 0.9)
"""Early, likely, late: the range holds the true moment in eight of ten."""
WIDEST = 2.0
"""The spread at most."""
DAY_S = 86400
STRANGER_WAITS = 6
"""So many times as long a window says nothing at its start while there is no day of history."""
NORMAL = NormalDist()


class Outlook(NamedTuple):
    """`rate`: use of late in points an hour, None when idle. `span`: when the limit is reached, early, likely and late; None: nothing to say."""

    rate: float | None
    span: tuple[float, float, float] | None


def look_ahead(use: Use, now: int, weights: Weights) -> Outlook:
    """What can be said at `now`, the moment of the use's last reading."""
    starts_at, left_s = use.resets_at - use.length_s, use.resets_at - now
    if now - use.rose_at > weights.idle_s:
        return Outlook(None, None)
    rate = round(_late(use, now, weights, starts_at), 2)
    elapsed_s, need = now - starts_at, 100 - use.percent
    if need <= 0 or left_s <= 0 or elapsed_s < weights.least_s or use.percent < weights.least_percent:
        return Outlook(rate, None)
    if now - use.since < DAY_S and elapsed_s < STRANGER_WAITS * weights.least_s:
        return Outlook(rate, None)
    usual = Usual(use, now, use.percent / max(elapsed_s, HOUR_S) * HOUR_S * weights.goes_on, weights)
    course = _course(usual, now, left_s, rate, weights)
    to_come = course[-1][1]
    if to_come <= 0:
        return Outlook(rate, None)
    spread = min(WIDEST, math.hypot(weights.spread + weights.spread_new / (1 + usual.known_h / DAY_H), math.sqrt(weights.grain / to_come)))
    chance = NORMAL.cdf(math.log(to_come / need) / spread)
    if chance < weights.keep or (chance < weights.say and not _stands(use, now, weights)):
        return Outlook(rate, None)
    early, likely, late_ = (now + _reached(course, need, spread, chance * quantile) for quantile in QUANTILES)
    return Outlook(rate, (early, likely, late_))


def _stands(use: Use, now: int, weights: Weights) -> bool:
    """Whether it was said at the last reading, or before an idle time that has ended since: an idle limit says nothing, and nothing has changed."""
    starts_at, since = use.resets_at - use.length_s, now - weights.stands_s
    if use.warned_at > max(starts_at, since - 1):
        return True
    percent, later = use.percent, now
    for count in range(len(use.rises) - 1, -1, -1):
        _, at, grown = use.rises[count]
        if at <= max(starts_at, since):
            return False
        if later - at > weights.idle_s:
            return percent > 0 and look_ahead(use.as_of(count + 1, percent), at, weights).span is not None
        percent, later = percent - grown, at
    return False


def _late(use: Use, now: int, weights: Weights, starts_at: int) -> float:
    """The use of this window in points an hour, the newest counting most."""
    time_constant_s = weights.late_s
    since = max(starts_at, use.since, now - round(6 * time_constant_s))
    amount = 0.0
    for began, at, grown in reversed(use.rises):
        if at <= since:
            break
        amount += grown * math.exp(((began + at) / 2 - now) / time_constant_s)
    seen_s = time_constant_s * (1 - math.exp(min(0, since - now) / time_constant_s))
    return amount * HOUR_S / seen_s if seen_s else 0.0


def _course(usual: Usual, now: int, left_s: int, late: float, weights: Weights) -> list[tuple[int, float]]:
    """The use to come until the reset: seconds from now, and points used until then."""
    level = usual.level() if usual.known_h >= DAY_H else 1.0
    over = late - level * usual.in_hour(usual.now_hour)
    course, after_s, total = [], 0, 0.0
    while after_s < left_s:
        step_s = min(weights.step_s, left_s - after_s)
        middle_s = after_s + step_s // 2
        expected = level * usual.in_hour((now + middle_s) // HOUR_S) + over * math.exp(-middle_s / weights.gives_way_s)
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
            return before_s + (after_s - before_s) * (ordinary - before) / (total - before) if total > before else after_s
        before_s, before = after_s, total
    return before_s
