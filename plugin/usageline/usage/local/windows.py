"""Choose the times of the live numbers: the local day, the 5-hour window, the last activity.

Pure but for the local time zone. Times are epoch seconds, or ms if their names end with `_ms`.
"""

from __future__ import annotations

import time

from usageline.core.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_S = 5 * 3600
SLACK_S = 120
"""The service reports one reset with a jitter of seconds."""

RATE_S = 1800
"""How much activity the rate covers."""

MIN_RATE_S = 300
"""A shorter activity is measured over this, or one response would be a rate of thousands."""

HOUR_S = 3600


class Window(NamedTuple):
    """A 5-hour window, from `start` to before `end`. `estimated`: no reading reported it."""

    start: int
    end: int
    estimated: bool


def local_day(now: float) -> tuple[int, int]:
    """Return when the local day began, and when the next one begins."""
    year, month, day = time.localtime(now)[:3]
    return _midnight(year, month, day), _midnight(year, month, day + 1)


def local_month(now: float) -> tuple[int, int]:
    """Return when the local month began, and when the next one begins."""
    year, month = time.localtime(now)[:2]
    return _midnight(year, month, 1), _midnight(year, month + 1, 1)


def _midnight(year: int, month: int, day: int) -> int:
    # The C library normalizes a day or month after the last one, and finds its daylight time.
    return int(time.mktime((year, month, day, 0, 0, 0, 0, 0, -1)))


def reported_window(reset_at: float | None, now: float) -> Window | None:
    """Return the window that ends at a reported reset, None if that is not the current one."""
    if reset_at is None or not now < reset_at <= now + WINDOW_S + SLACK_S:
        return None
    return Window(int(reset_at) - WINDOW_S, int(reset_at), estimated=False)


def estimated_window(
    next_at: Callable[[int], int | None], since: float, now: float
) -> Window | None:
    """Return the window that is open at `now` by the times of the responses since a time.

    `next_at` returns when the first response at or after a time began, or None (epoch ms). The
    service begins a window at the full hour of its first message.
    """
    start, end = 0, int(since)
    while end <= now and (at_ms := next_at(end * 1000)) is not None and at_ms <= now * 1000:
        start = at_ms // 1000 // HOUR_S * HOUR_S
        end = start + WINDOW_S
    return Window(start, end, estimated=True) if start <= now < end and start else None


def per_hour(amount: int, first_ms: int, last_ms: int) -> int:
    """Return the amount an hour of an activity between two times."""
    seconds = min(max((last_ms - first_ms) / 1000, MIN_RATE_S), RATE_S)
    return round(amount * HOUR_S / seconds)
