"""Compute the pace, the recent rate, and when a limit is reached if that is before its reset. Pure.

`use` turns readings into percentage points by the hour, and finds the usual use of an hour.
`outlook` combines the usual and the recent use. `weights` holds the numbers. docs/FORECAST.md
describes the method and how accurate it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.windows import LENGTH_S
from usageline.usage.forecast.outlook import predict
from usageline.usage.forecast.use import Use
from usageline.usage.forecast.weights import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.model import Limit, Reading


MIN_CHANCE = 0.5
"""From this chance on, an end is published."""


def with_forecast(reading: Reading, past: Sequence[Reading]) -> Reading:
    """Return the reading with `pace`, `rate` and the forecast of each limit of known length.

    Each is None if it is unknown. `past` are earlier readings of the account, oldest first, with
    any gaps; the last five weeks count.
    """
    history = History()
    for earlier in past:
        if earlier.observed_at < reading.observed_at:
            history.add(earlier)
    return history.forecast(reading)


class History:
    """The use of one account's limits, added reading by reading."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, str], Use] = {}
        self._plan: str | None = None

    def add(self, reading: Reading) -> None:
        """Add a reading; skip one that is not later than all before."""
        uses, at = self._uses, reading.observed_at
        if reading.plan != self._plan and reading.plan is not None:
            if self._plan is not None:  # a percent of another plan is another amount
                uses.clear()
            self._plan = reading.plan
        for limit in reading.limits:
            percent, resets_at = limit.percent, limit.resets_at
            if percent is None or resets_at is None:
                continue
            use = uses.get(_key(limit))
            if use is None:
                if limit.kind not in LENGTH_S:
                    continue
                use = uses[_key(limit)] = Use(LENGTH_S[limit.kind])
            use.add(at, percent, resets_at)

    def forecast(self, reading: Reading) -> Reading:
        """Return the latest reading, added now, with the forecasts of its limits."""
        self.add(reading)
        return replace(
            reading,
            limits=tuple(self._forecast(limit, reading.observed_at) for limit in reading.limits),
        )

    def at_reset(self, limit: Limit, now: int) -> tuple[float, float, float] | None:
        """Return a limit's percentage at its reset: low, likely and high, or None if unknown.

        The limit is of the last reading, which was at `now`. In eight of ten cases the true
        percentage is between low and high.
        """
        use = self._uses.get(_key(limit))
        if limit.percent is None or limit.resets_at is None or limit.resets_at <= now:
            return None
        if use is None or use.at != now or use.percent != limit.percent:
            return None
        to_come = predict(use, now, WEIGHTS[limit.kind]).to_come
        if to_come is None:
            return None
        low, likely, high = (limit.percent + points for points in to_come)
        return low, likely, high

    def _forecast(self, limit: Limit, now: int) -> Limit:
        bare = replace(
            limit,
            pace=None,
            rate=None,
            chance=None,
            exhausts_at=None,
            exhausts_from=None,
            exhausts_to=None,
        )
        length_s = LENGTH_S.get(limit.kind)
        if (
            length_s is None
            or limit.percent is None
            or limit.resets_at is None
            or limit.resets_at <= now
        ):
            return bare
        left_s = limit.resets_at - now
        if left_s <= length_s:  # of a longer window the age is not known
            bare = replace(bare, pace=round(limit.percent - 100 + 100 * left_s / length_s, 2))
        use = self._uses[_key(limit)]
        if (
            use.at != now or use.percent != limit.percent
        ):  # two limits of one name: their use is unknown
            return bare
        outlook = predict(use, now, WEIGHTS[limit.kind])
        chance = None if outlook.chance is None else round(outlook.chance, 2)
        bare = replace(bare, rate=outlook.rate, chance=chance)
        # Whole seconds, after now and before the reset: none if less than two seconds are left.
        first, last = now + 1, limit.resets_at - 1
        if chance is None or chance < MIN_CHANCE or outlook.span is None or first > last:
            return bare
        early, likely, late = (min(max(round(at), first), last) for at in outlook.span)
        return replace(bare, exhausts_at=likely, exhausts_from=early, exhausts_to=late)


def _key(limit: Limit) -> tuple[str, str]:
    """Return the limit's key.

    Only a model's limit is known by its label; sources label the others differently.
    """
    return limit.kind, limit.label if limit.kind == "weekly_scoped" else ""
