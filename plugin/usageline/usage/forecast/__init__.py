"""Pace and forecast: where even use would be, how fast use is of late, and when a limit is reached if that is before its reset. Pure.

`use` makes readings into percentage points by the hour, `usual` says what is used in an hour like one to come, `outlook` puts what is usual and
what is used of late together, `weights` holds the numbers. docs/FORECAST.md says what comes of it and how well it does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.line.view import LENGTH_S
from usageline.usage.forecast.outlook import look_ahead
from usageline.usage.forecast.use import Use
from usageline.usage.forecast.weights import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.model import Limit, Reading


def with_forecast(reading: Reading, past: Sequence[Reading]) -> Reading:
    """The reading with `pace`, `rate` and the forecast of each limit whose window's length is known; each is None where nothing can be said.

    `past` are earlier readings of the same account, oldest first, with whatever gaps; five weeks of them tell all that is used. Where the last
    one is as it was published, its forecast is not given up for a small change; it may come twice, with and without its forecast.
    """
    history = History()
    earlier = [seen for seen in past if seen.observed_at < reading.observed_at]
    for seen in earlier:
        history.see(seen)
    if earlier:
        history.hold_to(earlier[-1])
    return history.forecast(reading)


class History:
    """The use of one account's limits, taken in reading by reading."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, str], Use] = {}

    def see(self, reading: Reading) -> None:
        """Take in a reading that is later than all before; what is not later is passed over."""
        uses, at = self._uses, reading.observed_at
        for limit in reading.limits:
            percent, resets_at = limit.percent, limit.resets_at
            if percent is None or resets_at is None:
                continue
            use = uses.get((limit.kind, limit.label))
            if use is None:
                if limit.kind not in LENGTH_S:
                    continue
                use = uses[limit.kind, limit.label] = Use(LENGTH_S[limit.kind])
            use.see(at, percent, resets_at)

    def hold_to(self, reading: Reading) -> None:
        """Note what was said at the last reading that was seen."""
        for limit in reading.limits:
            use = self._uses.get((limit.kind, limit.label))
            if use is not None and use.at == reading.observed_at:
                use.warned_at = 0 if limit.exhausts_at is None else use.at

    def forecast(self, reading: Reading) -> Reading:
        """The reading, which is the latest and now seen too, with what can be said of its limits."""
        self.see(reading)
        found = replace(reading, limits=tuple(self._forecast(limit, reading.observed_at) for limit in reading.limits))
        self.hold_to(found)
        return found

    def _forecast(self, limit: Limit, now: int) -> Limit:
        bare = replace(limit, pace=None, rate=None, exhausts_at=None, exhausts_from=None, exhausts_to=None)
        length_s = LENGTH_S.get(limit.kind)
        if length_s is None or limit.percent is None or limit.resets_at is None or limit.resets_at <= now:
            return bare
        elapsed_s = max(0, now - (limit.resets_at - length_s))
        bare = replace(bare, pace=round(limit.percent - 100 * elapsed_s / length_s, 2))
        use = self._uses[limit.kind, limit.label]
        if use.at != now:  # an earlier window's number, or two limits of one name: nothing to go on
            return bare
        found = look_ahead(use, now, WEIGHTS[limit.kind])
        if found.span is None:
            return replace(bare, rate=found.rate)
        # Whole seconds, after now and before the reset. Less than two seconds before it there is no such moment.
        first, last = now + 1, limit.resets_at - 1
        if first > last:
            return replace(bare, rate=found.rate)
        early, likely, late = (min(max(round(at), first), last) for at in found.span)
        return replace(bare, rate=found.rate, exhausts_at=likely, exhausts_from=early, exhausts_to=late)
