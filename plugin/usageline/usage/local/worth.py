"""Compute what one percent of a plan's limit costs at list prices. Pure.

The readings have the used part of a limit at a time, and the index has its cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from usageline.core.windows import LENGTH_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from usageline.usage.model import Reading

MIN_PERCENT = 5
"""Percentages are whole: less than this in all windows is too inaccurate."""

SAME_RESET_S = 120
"""The service reports one reset with a jitter of seconds."""


class Window(NamedTuple):
    """The last reading in a window: the percentage that was used from `start` to `until`."""

    start: int
    until: int
    percent: float


def windows(readings: Iterable[Reading], kind: str) -> list[Window]:
    """Return the windows of a kind of limit, oldest first. `readings` are ordered by time."""
    length = LENGTH_S[kind]
    by_reset: dict[int, Window] = {}
    reset = 0
    for reading in readings:
        for limit in reading.limits:
            if limit.kind != kind or limit.resets_at is None or limit.percent is None:
                continue
            if abs(reset - limit.resets_at) > SAME_RESET_S:
                resets = (each for each in by_reset if abs(each - limit.resets_at) <= SAME_RESET_S)
                reset = next(resets, limit.resets_at)
            if reset - length <= reading.observed_at <= reset:
                by_reset[reset] = Window(reset - length, reading.observed_at, limit.percent)
    return [by_reset[reset] for reset in sorted(by_reset)]


def worth(known: Iterable[Window], cost: Callable[[int, int], int]) -> int | None:
    """Return the picodollars of one percent, None if too little of the limit was used.

    `cost` returns the picodollars between two times (epoch s).
    """
    # A window without any cost here was used elsewhere.
    used = [
        (window.percent, spent)
        for window in known
        if window.percent > 0 and (spent := cost(window.start, window.until))
    ]
    percent = sum(each for each, _ in used)
    return round(sum(spent for _, spent in used) / percent) if percent >= MIN_PERCENT else None
