"""What was used when, of one limit: readings at odd moments made into percentage points by the hour. Pure."""

from __future__ import annotations

from copy import copy

from usageline.line.view import SAME_RESET_S

HOUR_S = 3600
SPREAD_S = 12 * HOUR_S
"""A rise over a longer gap than this is counted in the gap's last hours: when it was is not known, and a gap may be weeks."""
CARRIED_OVER_S = 900
"""For so long after a rollover the service can give the old percentage under the new reset (FACTS)."""


class Use:
    """One limit's use, taken in by `see`. Times are epoch seconds, 0 for never; hours are epoch hours; amounts are percentage points.

    `hours`      what was used in each hour
    `full`       the hours in which the limit stood reached: what would have been used in them is not known
    `rises`      each rise: from, to, points
    `since`      the first reading
    `at`, `percent`, `resets_at` of the last reading
    `rose_at`    the last rise
    `warned_at`  the last reading, where a forecast of this window's end stood in it
    """

    __slots__ = ("at", "full", "hours", "length_s", "percent", "resets_at", "rises", "rose_at", "since", "warned_at")

    def __init__(self, length_s: int) -> None:
        self.length_s = length_s
        self.hours: dict[int, float] = {}
        self.full: set[int] = set()
        self.rises: list[tuple[int, int, float]] = []
        self.since = self.at = self.resets_at = self.rose_at = self.warned_at = 0
        self.percent = 0.0

    def see(self, at: int, percent: float, resets_at: int) -> None:
        """Take in one reading's limit. One that is no later than the last, or of an earlier window, tells nothing."""
        ahead_s = resets_at - self.resets_at
        if at <= self.at or ahead_s < -SAME_RESET_S:
            return
        if percent == self.percent and ahead_s <= SAME_RESET_S:
            self.at, self.resets_at = at, resets_at
            return
        if ahead_s <= SAME_RESET_S:
            # It falls where the service takes use back: that is no use, and what was used before was used.
            grown, began = percent - self.percent, self.at
        else:
            starts_at = resets_at - self.length_s
            carried_over = 0 < self.percent <= percent and at - starts_at < CARRIED_OVER_S
            grown, began = 0.0 if carried_over else percent, max(self.at, starts_at)
        if not self.since:  # when the use before it was is not known
            self.since, grown = at, 0.0
        if grown > 0:
            self._rise(min(max(began, at - SPREAD_S), at - 1), at, grown)
        if percent >= 100:
            self.full.update(range(at // HOUR_S, min(resets_at, at + self.length_s) // HOUR_S))
        self.at, self.percent, self.resets_at = at, percent, resets_at

    def as_of(self, rises: int, percent: float) -> Use:
        """The use as it was after so many rises, the percentage then being this; hours are those of now."""
        then = copy(self)
        then.rises, then.percent, then.warned_at = self.rises[:rises], percent, 0
        then.at = then.rose_at = then.rises[-1][1]
        return then

    def _rise(self, began: int, at: int, grown: float) -> None:
        self.rose_at = at
        self.rises.append((began, at, grown))
        hours, first, last = self.hours, began // HOUR_S, at // HOUR_S
        if first == last:
            hours[first] = hours.get(first, 0.0) + grown
            return
        for hour in range(first, last + 1):
            inside_s = min(at, (hour + 1) * HOUR_S) - max(began, hour * HOUR_S)
            hours[hour] = hours.get(hour, 0.0) + grown * inside_s / (at - began)
