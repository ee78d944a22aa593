"""Estimate the usual use of an hour of the day and of the week. Pure.

Hours are epoch hours: a day or a week later they are the same local hour, except around the two
clock changes of a year.
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
    """One limit's usual use, at `now`, in percentage points an hour.

    `prior` is assumed of an hour while little is known.
    """

    def __init__(self, use: Use, now: int, prior: float, weights: Weights) -> None:
        self._use, self._prior, self._weights = use, prior, weights
        self.now_hour = now // HOUR_S
        self.first_hour = max(use.since // HOUR_S + 1, self.now_hour - HISTORY_H)
        """Hours before it are unknown."""
        self.known_h = max(0, self.now_hour - self.first_hour)
        """How many whole hours are known."""
        self._expected: dict[int, float] = {}
        self._smoothed: dict[int, float | None] = {}
        self._by_day: dict[int, float | None] = {}

    def rate_at(self, hour: int) -> float:
        """Return the expected use of an hour, from the same hour of earlier days and weeks."""
        if hour not in self._expected:
            self._expected[hour] = self._rate_at(hour)
        return self._expected[hour]

    def _rate_at(self, hour: int) -> float:
        of_day = self._of_day(hour)
        if of_day is None:
            return self._prior
        weights, known_days = self._weights, self.known_h / DAY_H
        total = (
            (of_day * known_days + self._prior * weights.prior_days)
            / (known_days + weights.prior_days)
            * weights.day_weight
        )
        weight = weights.day_weight
        back_h = WEEK_H * (1 + max(0, hour - self.now_hour) // WEEK_H)
        of_week, past_weight = self._mean(hour - back_h, WEEK_H, weights.week_decay)
        return (total + of_week) / (weight + past_weight)

    def trend(self) -> float:
        """Return the ratio of the recent use to the usual use."""
        weights = self._weights
        used = expected = weights.trend_points
        for back_h in range(1, min(self.known_h, round(2.5 * weights.trend_h)) + 1):
            hour = self.now_hour - back_h
            if hour not in self._use.full:
                weight = 0.5 ** (back_h / weights.trend_h)
                used += weight * self._use.hours.get(hour, 0.0)
                expected += weight * self.rate_at(hour)
        return float((used / expected) ** weights.trend_power)

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
        """Return the weighted sum over an hour and earlier ones in steps, and the weights' sum."""
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
        """Return the mean of an hour and its neighbors, as habits vary by minutes.

        Return None if the limit was reached in it.
        """
        if hour not in self._smoothed:
            get, full = self._use.hours.get, self._use.full
            here = get(hour, 0.0)
            if full and not full.isdisjoint((hour - 1, hour, hour + 1)):
                self._smoothed[hour] = None if hour in full else here
            else:
                self._smoothed[hour] = 0.5 * here + 0.25 * (get(hour - 1, 0.0) + get(hour + 1, 0.0))
        return self._smoothed[hour]
