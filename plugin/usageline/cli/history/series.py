"""Readings as curves: percent over time of each limit, in pieces without a gap, and the moments of its resets. Pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from usageline.core.windows import SAME_RESET_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.usage.model import Reading

Point: TypeAlias = tuple[float, float]
"""Epoch seconds and percent."""

GAP_S = 1800
"""Between two readings further apart than this nothing is known, unless they are usually that far apart."""

USUAL_GAPS = 3

FIRST = {"session": 0, "weekly_all": 1}
"""Limits in this order, then the others as they came."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One limit in one reading: `at` and `resets_at` in epoch seconds, `resets_at` None where the window had not started."""

    at: int
    percent: float | None
    resets_at: int | None
    lowered: bool = False

    def same_window(self, other: Seen) -> bool:
        """Whether both are of one window."""
        if self.resets_at is None or other.resets_at is None:
            return self.resets_at is other.resets_at
        return abs(self.resets_at - other.resets_at) <= SAME_RESET_S

    def reset_before(self, later: Seen) -> int:
        """The moment of the reset between this and the next one of another window: as announced, or when it was seen if it came early or late."""
        return (
            self.resets_at
            if self.resets_at is not None and self.at <= self.resets_at <= later.at
            else later.at
        )


@dataclass(frozen=True, slots=True)
class Series:
    """One limit over time. `pieces` are runs of points between two gaps, `resets` epoch seconds, `highest` the highest percentage or None."""

    kind: str
    label: str
    pieces: tuple[tuple[Point, ...], ...]
    resets: tuple[int, ...]

    @property
    def last(self) -> float | None:
        """The newest percentage."""
        return self.pieces[-1][-1][1] if self.pieces else None

    @property
    def highest(self) -> float | None:
        """The highest percentage."""
        return max((percent for piece in self.pieces for _, percent in piece), default=None)


def all_series(readings: Iterable[Reading], now: float) -> list[Series]:
    """A series for each limit in `readings` (the oldest first) of which anything was known."""
    found: dict[tuple[str, str], list[Seen]] = {}
    for reading in readings:
        for limit in reading.limits:
            found.setdefault((limit.kind, limit.label), []).append(
                Seen(reading.observed_at, limit.percent, limit.resets_at, limit.lowered)
            )
    series = [Series(*name, _pieces(seen), _resets(seen, now)) for name, seen in found.items()]
    return sorted(
        (one for one in series if one.pieces), key=lambda one: FIRST.get(one.kind, len(FIRST))
    )


def gap_s(seen: Sequence[Seen]) -> float:
    """How far apart two readings may be for what lies between to be known."""
    usual = (
        statistics.median(later.at - one.at for one, later in pairwise(seen))
        if len(seen) > 1
        else 0
    )
    return max(GAP_S, USUAL_GAPS * usual)


def _pieces(seen: Sequence[Seen]) -> tuple[tuple[Point, ...], ...]:
    gap, pieces, piece = gap_s(seen), [], list[Point]()
    before: Seen | None = None
    for one in seen:
        known = before is not None and before.percent is not None and one.at - before.at <= gap
        if one.percent is None or not known:
            pieces.append(piece)
            piece = []
        elif (
            before is not None
            and before.percent is not None
            and not one.same_window(before)
            and before.resets_at is not None
        ):
            # What was used stays used until the reset, and is gone at once.
            reset = before.reset_before(one)
            piece += [(reset, before.percent), (reset, 0.0)]
        if one.percent is not None:
            piece.append((one.at, one.percent))
        before = one
    pieces.append(piece)
    return tuple(_thinned(piece) for piece in pieces if piece)


def _thinned(piece: Sequence[Point]) -> tuple[Point, ...]:
    """Without the points between two of the same percentage: a night is two points."""
    inner = (
        one
        for before, one, after in zip(piece, piece[1:], piece[2:], strict=False)
        if not before[1] == one[1] == after[1]
    )
    return (piece[0], *inner, *piece[-1:]) if len(piece) > 1 else tuple(piece)


def _resets(seen: Sequence[Seen], now: float) -> tuple[int, ...]:
    found = []
    for one, later in pairwise(seen):
        if one.resets_at is not None and not one.same_window(later):
            found.append(one.reset_before(later))
        elif later.lowered and not one.lowered:
            found.append(later.at)
    last = seen[-1].resets_at
    return (*found, last) if last is not None and seen[-1].at <= last <= now else tuple(found)
