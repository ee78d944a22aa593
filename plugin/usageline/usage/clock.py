"""Check this machine's clock against the service. Pure."""

from __future__ import annotations

import email.utils
from dataclasses import replace
from datetime import timezone
from typing import TYPE_CHECKING

from usageline.core.formatting import ago
from usageline.core.status_text import CLOCK
from usageline.core.windows import HORIZON_S, LENGTH_S

if TYPE_CHECKING:
    from usageline.usage.model import Reading

MAX_RESET_DELAY_S = 3600
"""After a reset, the service may still report it for this long."""

MAX_OFF_S = 300
"""Report a clock that is off by more than this."""

MAX_USABLE_S = 86400
"""A clock that is off by more than this puts readings on another day: do not keep them."""

MAX_DATE_CHARS = 64


def ahead_s(date: str | None, age: str | None, before: float, after: float) -> int | None:
    """Return how far this clock is ahead of an answer's `Date` header in seconds, or None.

    A negative result is behind; without a header it is None. `before` and `after` are the clock's
    times around the request. `age` is the header of that name: for how many seconds a proxy kept
    the answer.
    """
    try:
        sent = email.utils.parsedate_to_datetime((date or "")[:MAX_DATE_CHARS])
        sent_at = (sent if sent.tzinfo else sent.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    cached_s = int(age[:9]) if age is not None and age.isascii() and age.isdigit() else 0
    if sent_at > after:
        return round(after - sent_at)
    return round(before - sent_at - cached_s) if sent_at + cached_s < before else 0


def with_last_offset(reading: Reading, before: Reading | None) -> Reading:
    """Return the reading with the clock's offset from the one before, if its own source has none.

    If the clock was set right since, return it unchanged. That shows as a step back, or as a gap as
    long as the clock was behind.
    """
    off_s = before.clock_ahead_s if before is not None else None
    if before is None or off_s is None or reading.clock_ahead_s is not None:
        return reading
    return (
        replace(reading, clock_ahead_s=off_s)
        if 0 <= reading.observed_at - before.observed_at < abs(off_s)
        else reading
    )


def problem(reading: Reading) -> str:
    """Return what is wrong with this machine's clock, or ""."""
    off_s = _offset_s(reading)
    if off_s is not None and abs(off_s) > MAX_OFF_S:
        return f"{CLOCK} is {ago(abs(off_s))} {'ahead' if off_s > 0 else 'behind'}"
    return f"{CLOCK} does not fit the resets" if agrees(reading) is False else ""


def agrees(reading: Reading) -> bool | None:
    """Return whether the clock is right enough to keep readings by it; None if that is unknown.

    The service's own clock decides if the source has it. Otherwise a reset does: one that lies
    ahead, at most twice its window's length. A single reset elsewhere proves nothing: windows have
    been longer than usual, and resets late.

    False is a wrong clock, here or there. Then nothing may expire or be sent again because of its
    age.
    """
    off_s = _offset_s(reading)
    if off_s is not None and abs(off_s) > MAX_USABLE_S:
        return False
    if off_s is not None and abs(off_s) <= MAX_OFF_S:
        return True
    distances = _distances_s(reading)
    if any(_fits(kind, distance_s) for kind, distance_s in distances.items()):
        return True
    is_absurd = any(abs(distance_s) > HORIZON_S[kind] for kind, distance_s in distances.items())
    return False if is_absurd or len(distances) > 1 else None


def _offset_s(reading: Reading) -> int | None:
    """Return the clock's offset, unless the session's reset contradicts it.

    That reset fits no clock that is days off, so the header is wrong.
    """
    off_s, session_s = reading.clock_ahead_s, _distances_s(reading).get("session")
    if (
        off_s is not None
        and abs(off_s) > MAX_USABLE_S
        and session_s is not None
        and _fits("session", session_s)
    ):
        return None
    return off_s


def _distances_s(reading: Reading) -> dict[str, int]:
    """Return how far ahead the reset of each kind of window lies, if its length is known."""
    return {
        limit.kind: limit.resets_at - reading.observed_at
        for limit in reading.limits
        if limit.resets_at is not None and limit.kind in LENGTH_S
    }


def _fits(kind: str, distance_s: int) -> bool:
    return -MAX_RESET_DELAY_S < distance_s <= 2 * LENGTH_S[kind]
