"""What is usually used in an hour of the day and of the week, from what was used before. Pure.

Hours are epoch hours: a day and a week later they are the same local hour, but for the two changes of the clock in a year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.usage.forecast.use import HOUR_S

if TYPE_CHECKING:
    from usageline.usage.forecast.use import Use
    from usageline.usage.forecast.weights import Weights

DAY_H, WEEK_H = 24, 7 * 24
HISTORY_H = 5 * WEEK_H


class Baseline:
    """What one limit's use is like, as seen at `now`. Amounts are percentage points in an hour; `otherwise` is assumed of an hour while little
    is known.
    """

    def __init__(self, use: Use, now: int, otherwise: float, weights: Weights) -> None:
        self._use, self._otherwise, self._weights = use, otherwise, weights
        self.now_hour = now // HOUR_S
        self.first_hour = max(use.since // HOUR_S + 1, self.now_hour - HISTORY_H)
        """Hours before it are not known."""
        self.known_h = max(0, self.now_hour - self.first_hour)
        """How many whole hours are known."""
        self._expected: dict[int, float] = {}
        self._smoothed: dict[int, float | None] = {}
        self._by_day: dict[int, float | None] = {}

    def in_hour(self, hour: int) -> float:
        """What to expect of an hour: by the same hour of the days before, and of the weeks before."""
        if hour not in self._expected:
            self._expected[hour] = self._in_hour(hour)
        return self._expected[hour]

    def _in_hour(self, hour: int) -> float:
        of_day = self._of_day(hour)
        if of_day is None:
            return self._otherwise
        weights, known_days = self._weights, self.known_h / DAY_H
        total = (
            (of_day * known_days + self._otherwise * weights.otherwise_days)
            / (known_days + weights.otherwise_days)
            * weights.day_weight
        )
        weight = weights.day_weight
        back_h = WEEK_H * (1 + max(0, hour - self.now_hour) // WEEK_H)
        of_week, past_weight = self._mean(hour - back_h, WEEK_H, weights.week_decay)
        return (total + of_week) / (weight + past_weight)

    def level(self) -> float:
        """How much more (or less) than usual was used of late, as a factor."""
        weights = self._weights
        used = expected = weights.level_points
        for back_h in range(1, min(self.known_h, round(2.5 * weights.level_h)) + 1):
            hour = self.now_hour - back_h
            if hour not in self._use.full:
                weight = 0.5 ** (back_h / weights.level_h)
                used += weight * self._use.hours.get(hour, 0.0)
                expected += weight * self.in_hour(hour)
        return float((used / expected) ** weights.level_power)

    def _of_day(self, hour: int) -> float | None:
        of_day = hour % DAY_H
        if of_day not in self._by_day:
            last = self.now_hour - 1
            total, weight = self._mean(
                last - (last - of_day) % DAY_H, DAY_H, self._weights.day_decay
            )
            self._by_day[of_day] = total / weight if weight else None
        return self._by_day[of_day]

    def _mean(self, hour: int, step_h: int, decay: float) -> tuple[float, float]:
        """The weighted sum over an hour and those a step before each other, and the weights' sum."""
        total = weights = 0.0
        weight = 1.0
        while hour >= self.first_hour:
            amount = self._around(hour)
            if amount is not None:
                total += weight * amount
                weights += weight
            weight *= decay
            hour -= step_h
        return total, weights

    def _around(self, hour: int) -> float | None:
        """An hour and its neighbours, for nobody keeps to the minute; None where the limit stood reached."""
        if hour not in self._smoothed:
            get, full = self._use.hours.get, self._use.full
            here = get(hour, 0.0)
            if full and not full.isdisjoint((hour - 1, hour, hour + 1)):
                self._smoothed[hour] = None if hour in full else here
            else:
                self._smoothed[hour] = 0.5 * here + 0.25 * (get(hour - 1, 0.0) + get(hour + 1, 0.0))
        return self._smoothed[hour]
