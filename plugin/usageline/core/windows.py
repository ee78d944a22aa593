"""Define the usage windows: their lengths, their possible values, and what follows from them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class UsageWindow(Protocol):
        """A window whose values are checked."""

        @property
        def kind(self) -> str: ...  # noqa: D102
        @property
        def percent(self) -> float | None: ...  # noqa: D102
        @property
        def resets_at(self) -> float | None: ...  # noqa: D102
        @property
        def exhausts_at(self) -> float | None: ...  # noqa: D102


HORIZON_S = {"session": 7 * 86400, "weekly_all": 60 * 86400, "weekly_scoped": 60 * 86400}
"""How far ahead a reset can lie; 400 days for other kinds.

The service has had windows longer than their usual length, so this is far beyond it. A reset
further away is a wrong clock or a wrong unit, and is not shown.
"""

OVERDUE_S = 7 * 86400
"""Up to this long after a reset, a percentage that the service still reports is shown as overdue.

Later than that the clock is wrong.
"""

MAX_PERCENT = 1_000_000
"""The largest valid percentage, on both sides. Use can pass 100 (overage, an overdrawn credit).

A larger number is something else. In a reported bug it was an epoch time (from 1,000,000,000).
"""

NOISE = 1e-9
"""A percentage this close to a whole number is that number, on both sides.

29 * 100 / 100 can be 28.999999999999996, and 100 less what is left can be -1.4e-14.
"""

LENGTH_S = {"session": 5 * 3600, "weekly_all": 7 * 86400, "weekly_scoped": 7 * 86400}

MAX_LABEL = 48

MAX_ROWS = 256
"""Of a list in the snapshot. The line shows fewer and the number of the others."""

SEVERITIES = ("normal", "warning", "critical")

WARNING_PERCENT = 75

CRITICAL_PERCENT = 90

SAME_RESET_S = 60
"""Two reports of one window's reset may differ by a second or so. Two windows differ by more."""

SURE_PERCENT = 67
"""A forecast is a warning from this chance on; below it is quiet (docs/FORECAST.md)."""


def percent(value: Any, most: float = MAX_PERCENT) -> float | None:
    """Return a percentage from outside without binary noise, or None if it is invalid."""
    if type(value) in (int, float) and -NOISE < value <= most:
        whole = int(value + 0.5)
        return whole if -NOISE < value - whole < NOISE else value
    return None


def moment(value: Any) -> float | None:
    """Return a time from outside in epoch seconds (2001 to 2286), or None if it is invalid."""
    is_time = type(value) in (int, float) and 1_000_000_000 <= value < 10_000_000_000
    return value if is_time else None


def severity(
    used: float | None,
    claimed: object = None,
    warning: float = WARNING_PERCENT,
    critical: float = CRITICAL_PERCENT,
) -> str:
    """Return the graver of the severity that the service claims and that of the percentage."""
    if used is None:
        return "normal"
    own = "critical" if used >= critical else "warning" if used >= warning else "normal"
    return claimed if claimed in SEVERITIES[SEVERITIES.index(own) :] else own


def even_percent(window: UsageWindow, now: float) -> float | None:
    """Return the percentage of even use since the window began.

    None if the window's length is unknown or it does not run.
    """
    length_s = LENGTH_S.get(window.kind)
    if length_s is None or window.resets_at is None or not 0 < window.resets_at - now < length_s:
        return None
    return 100 - (window.resets_at - now) * 100 / length_s


def exhausted_at(window: UsageWindow, now: float) -> float | None:
    """Return when the window's forecast exhaustion is, if it is before the reset, else None."""
    at, resets_at = window.exhausts_at, window.resets_at
    if at is None or resets_at is None or window.percent is None or window.percent >= 100:
        return None
    return at if now < at < resets_at else None


def is_same_reset(one: float | None, other: float | None) -> bool:
    """Return whether two reports name the reset of the same window; False if either is None."""
    return one is not None and other is not None and abs(one - other) <= SAME_RESET_S


def is_same_window(one: float | None, other: float | None) -> bool:
    """Return whether two reports are of one window by their resets. None: it has not started."""
    return one is other is None or is_same_reset(one, other)
