"""Hold back an implausible percentage until a second reading confirms it. Pure.

Just after a window rolled over, the service can report the old, nearly full percentage under the
new reset time for a few minutes (FACTS).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core.windows import HORIZON_S, LENGTH_S, is_same_reset
from usageline.usage.model import Limit, Reading

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
    limits = tuple(
        _check(
            _sane(limit, reading.observed_at),
            reading.observed_at,
            unconfirmed,
            pending,
            min(CONFIRM_AFTER_S, ttl_s),
        )
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


def _is_same(earlier: Unconfirmed, limit: Limit) -> bool:
    is_named = (earlier.kind, earlier.label) == (limit.kind, limit.label)
    return is_named and is_same_reset(earlier.resets_at, limit.resets_at)


def flag_decreases(reading: Reading, before: Reading | None) -> Reading:
    """Return the reading with `lowered` set on each limit that fell in this window since `before`.

    The status line then no longer trusts its payload for that window: an idle session goes on
    reporting its last percentage.
    """
    if before is None or before.observed_at > reading.observed_at:
        return reading
    return replace(
        reading,
        limits=tuple(
            replace(limit, lowered=_has_decreased(limit, before)) for limit in reading.limits
        ),
    )


def _has_decreased(limit: Limit, before: Reading) -> bool:
    for old in before.limits:
        if (old.kind, old.label) == (limit.kind, limit.label) and is_same_reset(
            old.resets_at, limit.resets_at
        ):
            fell = (
                limit.percent is not None
                and old.percent is not None
                and math.floor(limit.percent) < math.floor(old.percent)
            )
            return fell or old.lowered
    return False
