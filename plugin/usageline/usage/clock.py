"""Whether this machine's clock is right, by what the service says. Pure."""

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
"""For so long a reset that has passed may still be reported."""

MAX_OFF_S = 300
"""A clock that is off by more than this is reported."""

MAX_USABLE_S = 86400
"""A clock that is off by more than this puts readings on another day: they are not kept."""

MAX_DATE_CHARS = 64


def ahead_s(date: str | None, age: str | None, before: float, after: float) -> int | None:
    """Return how far this machine's clock is ahead of an answer's `Date` header in seconds (negative: behind), or None without one.

    `before` and `after` are the clock's times around the request. `age` is the header of that name: a proxy kept the answer so long.
    """
    try:
        sent = email.utils.parsedate_to_datetime((date or "")[:MAX_DATE_CHARS])
        sent_at = (sent if sent.tzinfo else sent.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    kept_s = int(age[:9]) if age is not None and age.isascii() and age.isdigit() else 0
    if sent_at > after:
        return round(after - sent_at)
    return round(before - sent_at - kept_s) if sent_at + kept_s < before else 0


def with_last_offset(reading: Reading, before: Reading | None) -> Reading:
    """Return the reading with the clock's offset from the one before, if its own source has none and the clock was not set since.

    Setting it right would show: as a step back, or as a gap as long as the clock was behind.
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
    """Return whether the clock is right enough for readings to be kept by it; None if nothing tells.

    The service's own clock decides if the source has it. Else a reset tells that lies where it can: ahead, and no further than twice its
    window's length. A lone reset elsewhere proves nothing: windows have been longer than usual, and resets late. False is a clock that is
    wrong, there or here. Nothing may then be forgotten, or be told again, for being old.
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
    """The clock's offset, unless the session's reset contradicts it: that fits no clock that is days off, so the header is wrong."""
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
    """How far ahead the reset of each kind of window lies whose length is known."""
    return {
        limit.kind: limit.resets_at - reading.observed_at
        for limit in reading.limits
        if limit.resets_at is not None and limit.kind in LENGTH_S
    }


def _fits(kind: str, distance_s: int) -> bool:
    return -MAX_RESET_DELAY_S < distance_s <= 2 * LENGTH_S[kind]
