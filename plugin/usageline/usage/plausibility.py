"""The second look: a number that is hardly possible is not believed until a later reading says the same. Pure.

Just after a window rolled over, the service can give the old, nearly full percentage under the new reset time for a few minutes (FACTS).
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
"""A second look sooner than this would see the same mistake."""

JUST_BEGUN_S = {"session": 900, "weekly_all": 3600, "weekly_scoped": 3600}
"""For so long after its start a window counts as just begun: by use alone it can hardly be nearly full by then."""

CLOCK_SLACK_S = {"session": 600, "weekly_all": 3600, "weekly_scoped": 3600}
"""A window that seems to begin later than this is longer than usual: when it began is not known."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A limit that was nearly full in a window that had just begun, first seen at `since`."""

    kind: str
    label: str
    resets_at: int
    since: int


def confirm(
    reading: Reading, doubts: tuple[Unconfirmed, ...], *, ttl_s: float
) -> tuple[Reading, tuple[Unconfirmed, ...]]:
    """The reading with None for each percentage that is not believed yet, and the doubts to keep for the next reading.

    A reset further ahead than HORIZON_S is a clock that is wrong, there or here: None.
    """
    kept: list[Unconfirmed] = []
    limits = tuple(
        _check(
            _sane(limit, reading.observed_at),
            reading.observed_at,
            doubts,
            kept,
            min(CONFIRM_AFTER_S, ttl_s),
        )
        for limit in reading.limits
    )
    return replace(reading, limits=limits), tuple(kept)


def _sane(limit: Limit, now: int) -> Limit:
    horizon_s = HORIZON_S.get(limit.kind)
    if horizon_s is None or limit.resets_at is None or limit.resets_at <= now + horizon_s:
        return limit
    return replace(limit, resets_at=None)


def _check(
    limit: Limit,
    now: int,
    doubts: tuple[Unconfirmed, ...],
    kept: list[Unconfirmed],
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
    if elapsed_s >= JUST_BEGUN_S[limit.kind] or elapsed_s < -CLOCK_SLACK_S[limit.kind]:
        return limit
    seen = next(
        (doubt for doubt in doubts if _same(doubt, limit)),
        Unconfirmed(limit.kind, limit.label, limit.resets_at, now),
    )
    kept.append(seen)
    return limit if now - seen.since >= confirm_after_s else replace(limit, percent=None)


def _same(doubt: Unconfirmed, limit: Limit) -> bool:
    named = (doubt.kind, doubt.label) == (limit.kind, limit.label)
    return named and bool(is_same_reset(doubt.resets_at, limit.resets_at))


def flag_decreases(reading: Reading, before: Reading | None) -> Reading:
    """The reading with `lowered` set on each limit that stands lower than in `before`, or did so earlier in the same window.

    The status line then no longer believes its payload for that window: an idle session goes on reporting what it saw last.
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
