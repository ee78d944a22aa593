"""Check a reading against an earlier one, and this machine's clock against the service. Pure.

An implausible percentage is held back until a second reading confirms it. Just after a window
rolled over, the service can report the old, nearly full percentage under the new reset time for a
few minutes (FACTS).
"""

from __future__ import annotations

import email.utils
import math
from dataclasses import dataclass, replace
from datetime import timezone
from typing import TYPE_CHECKING

from usageline.core.formatting import ago
from usageline.core.vocabulary import CLOCK
from usageline.core.windows import HORIZON_S, LENGTH_S, is_same_reset

if TYPE_CHECKING:
    from usageline.usage.model import Limit, Reading

NEARLY_FULL_PERCENT = 95
CONFIRM_AFTER_S = 120
"""A second reading earlier than this would have the same error."""

JUST_BEGUN_S = {"session": 900, "weekly_all": 3600, "weekly_scoped": 3600}
"""A window younger than this has just begun.

By use alone it can hardly be nearly full by then.
"""

MAX_EARLY_S = {"session": 600, "weekly_all": 3600, "weekly_scoped": 3600}
"""A window that seems to begin later than this is longer than usual.

When it began is then unknown.
"""

MAX_RESET_DELAY_S = 3600
"""After a reset, the service may still report it for this long."""

MAX_CLOCK_OFF_S = 300
"""Report a clock that is off by more than this."""

MAX_USABLE_CLOCK_OFF_S = 86400
"""A clock that is off by more than this puts readings on another day: do not keep them."""

MAX_DATE_CHARS = 64


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A limit that was nearly full in a window that had just begun, first reported at `since`."""

    kind: str
    label: str
    resets_at: int
    since: int


def confirm(
    reading: Reading, unconfirmed: tuple[Unconfirmed, ...], *, ttl_s: float
) -> tuple[Reading, tuple[Unconfirmed, ...]]:
    """Return the reading with None for each unconfirmed percentage, and what to confirm next time.

    A reset further ahead than HORIZON_S is the error of a clock, here or there: None.
    """
    pending: list[Unconfirmed] = []
    at, confirm_after_s = reading.observed_at, min(CONFIRM_AFTER_S, ttl_s)
    limits = tuple(
        _check(_sane(limit, at), at, unconfirmed, pending, confirm_after_s)
        for limit in reading.limits
    )
    return replace(reading, limits=limits), tuple(pending)


def _sane(limit: Limit, now: int) -> Limit:
    horizon_s = HORIZON_S.get(limit.kind)
    if horizon_s is None or limit.resets_at is None or limit.resets_at <= now + horizon_s:
        return limit
    return replace(limit, resets_at=None)


def _check(
    limit: Limit,
    now: int,
    unconfirmed: tuple[Unconfirmed, ...],
    pending: list[Unconfirmed],
    confirm_after_s: float,
) -> Limit:
    length_s = LENGTH_S.get(limit.kind)
    if (
        length_s is None
        or limit.resets_at is None
        or limit.percent is None
        or limit.percent < NEARLY_FULL_PERCENT
    ):
        return limit
    elapsed_s = now - (limit.resets_at - length_s)
    if elapsed_s >= JUST_BEGUN_S[limit.kind] or elapsed_s < -MAX_EARLY_S[limit.kind]:
        return limit
    first = next(
        (earlier for earlier in unconfirmed if _is_same(earlier, limit)),
        Unconfirmed(limit.kind, limit.label, limit.resets_at, now),
    )
    pending.append(first)
    return limit if now - first.since >= confirm_after_s else replace(limit, percent=None)


def _is_same(earlier: Unconfirmed | Limit, limit: Limit) -> bool:
    is_named = (earlier.kind, earlier.label) == (limit.kind, limit.label)
    return is_named and is_same_reset(earlier.resets_at, limit.resets_at)


def flag_decreases(reading: Reading, before: Reading | None) -> Reading:
    """Return the reading with `lowered` set on each limit that fell in this window since `before`.

    The status line then no longer trusts its payload for that window: an idle session goes on
    reporting its last percentage.
    """
    if before is None or before.observed_at > reading.observed_at:
        return reading
    flagged = (replace(limit, lowered=_has_decreased(limit, before)) for limit in reading.limits)
    return replace(reading, limits=tuple(flagged))


def _has_decreased(limit: Limit, before: Reading) -> bool:
    for old in before.limits:
        if _is_same(old, limit):
            fell = (
                limit.percent is not None
                and old.percent is not None
                and math.floor(limit.percent) < math.floor(old.percent)
            )
            return fell or old.lowered
    return False


def clock_ahead_s(date: str | None, age: str | None, before: float, after: float) -> int | None:
    """Return how far this clock is ahead of an answer's `Date` header in seconds, or None.

    A negative result is behind; without a header it is None. `before` and `after` are the clock's
    times around the request. `age` is the header of that name: for how many seconds a proxy kept
    the answer.
    """
    sent_at = http_time((date or "")[:MAX_DATE_CHARS])
    if sent_at is None:
        return None
    cached_s = int(age[:9]) if age is not None and age.isascii() and age.isdigit() else 0
    if sent_at > after:
        return round(after - sent_at)
    return round(before - sent_at - cached_s) if sent_at + cached_s < before else 0


def http_time(value: str) -> float | None:
    """Return the time of an HTTP header in epoch seconds, None if it is not one."""
    try:
        date = email.utils.parsedate_to_datetime(value)
        # A date without a zone is in GMT (asctime's form, RFC 9110).
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def with_last_clock_offset(reading: Reading, before: Reading | None) -> Reading:
    """Return the reading with the clock's offset from the one before, if its own source has none.

    If the clock was set right since, return it unchanged. That shows as a step back, or as a gap as
    long as the clock was behind.
    """
    off_s = before.clock_ahead_s if before is not None else None
    if before is None or off_s is None or reading.clock_ahead_s is not None:
        return reading
    was_set = not 0 <= reading.observed_at - before.observed_at < abs(off_s)
    return reading if was_set else replace(reading, clock_ahead_s=off_s)


def clock_problem(reading: Reading) -> str:
    """Return what is wrong with this machine's clock, or ""."""
    off_s = _offset_s(reading)
    if off_s is not None and abs(off_s) > MAX_CLOCK_OFF_S:
        return f"{CLOCK} is {ago(abs(off_s))} {'ahead' if off_s > 0 else 'behind'}"
    return f"{CLOCK} does not fit the resets" if clock_agrees(reading) is False else ""


def clock_agrees(reading: Reading) -> bool | None:
    """Return whether the clock is right enough to keep readings by it; None if that is unknown.

    The service's own clock decides if the source has it. Otherwise a reset does: one that lies
    ahead, at most twice its window's length. A single reset elsewhere proves nothing: windows have
    been longer than usual, and resets late.

    False is a wrong clock, here or there. Then nothing may expire or be sent again because of its
    age.
    """
    off_s = _offset_s(reading)
    if off_s is not None and abs(off_s) > MAX_USABLE_CLOCK_OFF_S:
        return False
    if off_s is not None and abs(off_s) <= MAX_CLOCK_OFF_S:
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
        and abs(off_s) > MAX_USABLE_CLOCK_OFF_S
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
