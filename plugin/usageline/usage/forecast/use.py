"""Turn the readings of one limit into percentage points by the hour, and find the usual ones. Pure.

Hours are epoch hours: a day or a week later they are the same local hour, except around the two
clock changes of a year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.core.windows import SAME_RESET_S

if TYPE_CHECKING:
    from usageline.usage.forecast.weights import Weights

HOUR_S = 3600
DAY_H, WEEK_H = 24, 7 * 24
HISTORY_H = 5 * WEEK_H
MAX_CARRY_OVER_S = 900
"""After a rollover the service can report the old percentage for this long (FACTS)."""
MAX_CORRECTION = 3.0
"""Points. A smaller fall is a correction: use up to the earlier level counts once."""
MAX_CORRECTION_S = 3600
"""A larger fall that is undone in one step within this time was a wrong reading."""
ROUNDING = 1e-6
"""Points: sums of floats differ by less."""
MAX_WATCHED_GAP_S = 3600
"""A longer gap between two readings counts as watched for this long only."""
MAX_STEP = 1.0
"""Points by which a rounded percentage can rise, however little was used."""


class Use:
    """One limit's use. `add` adds a reading.

    Times are epoch seconds, 0 for never; hours are epoch hours; amounts are percentage points.

    hours      the use of each hour
    full       the hours in which the limit was reached: further use in them is unknown
    rises      each rise: from, to, points
    since      the first reading
    watched_s  the time of watching, without the gaps
    at         the last reading; `percent` and `resets_at` are its values
    window_at  the first reading of the last reading's window
    rose_at    the last rise
    """

    def __init__(self, length_s: int) -> None:
        self.length_s = length_s
        self.hours: dict[int, float] = {}
        self.full: set[int] = set()
        self.rises: list[tuple[int, int, float]] = []
        self.since = self.at = self.resets_at = self.rose_at = self.window_at = self.watched_s = 0
        self.percent = self.fell_from = self.fell_to = 0.0
        self.fell_at = 0

    def add(self, at: int, percent: float, resets_at: int) -> None:
        """Add one reading's limit; skip one that is not later, or whose window has ended."""
        if at <= self.at or resets_at <= at:
            return
        moved_s = abs(resets_at - self.resets_at)
        if percent == self.percent and moved_s <= SAME_RESET_S:
            self._watch_until(at)
            self.resets_at = resets_at
            return
        if not self.since:  # when the use before it was is not known
            self.since = self.at = self.window_at = at
        elif (
            moved_s <= SAME_RESET_S or at < self.resets_at
        ):  # the same window, even if its reset was moved
            grown = self._grown(at, percent)
            if grown > 0:
                self._rise(self.at, at, grown)
        else:
            starts_at = resets_at - self.length_s
            carried_over = 0 < self.percent <= percent and at - starts_at < MAX_CARRY_OVER_S
            self.window_at, self.fell_from = at, 0.0
            if percent > 0 and not carried_over:
                self._rise(min(max(self.at, starts_at), at - 1), at, percent)
        if percent >= 100:
            self.full.update(range(at // HOUR_S, min(resets_at, at + self.length_s) // HOUR_S))
        self._watch_until(at)
        self.percent, self.resets_at = percent, resets_at

    @property
    def starts_at(self) -> int | None:
        """Return when the window began, or None if that is unknown.

        Its reset was moved, or lies further ahead than a window is long.
        """
        starts_at = self.resets_at - self.length_s
        return starts_at if starts_at <= self.window_at + MAX_CARRY_OVER_S else None

    def is_one_step(self, since: int) -> bool:
        """Return whether the whole rise after `since` can be the rounding of one percentage."""
        last = [rise for rise in self.rises[-2:] if rise[1] > since]
        return not last or (len(last) == 1 and last[0][2] <= MAX_STEP)

    def _grown(self, at: int, percent: float) -> float:
        """Return the points used since the last reading of this window.

        Return 0 if the service took use back, or restored what it had taken.
        """
        if percent < self.percent:
            if self.percent >= 100:  # from here on it stands reached no more
                self.full.difference_update(range(at // HOUR_S + 1, self.resets_at // HOUR_S + 1))
            level = self._undo_jump(at, percent)
            if level is None:
                self.fell_from = max(self.percent, self.fell_from)
                self.fell_to, self.fell_at = percent, at
            return 0.0 if level is None else percent - level
        is_small = self.fell_from - self.fell_to <= MAX_CORRECTION
        is_undone = (
            at - self.fell_at <= MAX_CORRECTION_S
            and percent - self.percent > (self.fell_from - self.fell_to) / 2
        )
        grown = percent - self.percent
        if self.fell_from and (is_small or is_undone):
            grown = max(0.0, percent - max(self.fell_from, self.percent))
        if percent >= self.fell_from:
            self.fell_from = 0.0
        return grown

    def _undo_jump(self, at: int, percent: float) -> float | None:
        """Remove a jump of the last hour, a wrong reading, if the fall to `percent` undoes it.

        Return the percentage before it, or None.
        """
        level, undone = self.percent, 0
        while level > percent + ROUNDING:
            if undone == len(self.rises) or at - self.rises[-1 - undone][1] > MAX_CORRECTION_S:
                return None
            undone += 1
            level -= self.rises[-undone][2]
        if (
            max(grown for _, _, grown in self.rises[-undone:]) < (self.percent - percent) / 2
        ):  # it came step by step, and was used
            return None
        for _ in range(undone):
            began, rose_at, grown = self.rises.pop()
            self._spread(began, rose_at, -grown)
        self.rose_at = self.rises[-1][1] if self.rises else 0
        return min(level, percent)

    def _watch_until(self, at: int) -> None:
        self.watched_s += min(at - self.at, MAX_WATCHED_GAP_S)
        self.at = at

    def _rise(self, began: int, at: int, grown: float) -> None:
        self.rose_at = at
        self.rises.append((began, at, grown))
        self._spread(began, at, grown)

    def _spread(self, began: int, at: int, grown: float) -> None:
        hours, first, last = self.hours, began // HOUR_S, at // HOUR_S
        if first == last:
            hours[first] = hours.get(first, 0.0) + grown
            return
        for hour in range(first, last + 1):
            inside_s = min(at, (hour + 1) * HOUR_S) - max(began, hour * HOUR_S)
            hours[hour] = hours.get(hour, 0.0) + grown * inside_s / (at - began)


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
