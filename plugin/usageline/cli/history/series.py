"""Convert readings to curves: percent over time of each limit, and its resets. Pure."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from usageline.cli.limit_rows import rank
from usageline.core.formatting import DAYS, MONTHS
from usageline.core.vocabulary import title
from usageline.core.windows import LENGTH_S, is_same_window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.usage.model import Reading


Point: TypeAlias = tuple[float, float]
"""Epoch seconds and percent."""

MIN_GAP_S = 1800
"""Readings closer than this have no gap between them."""

GAP_INTERVALS = 3
"""If readings are usually far apart, a gap is as long as this many of their usual intervals."""

MIN_BRIDGED_S = 86400
"""A window of this length or longer has a line through its gaps."""

Tick: TypeAlias = tuple[float, str]
"""Epoch seconds and label."""

HOUR_S, DAY_S = 3600, 86400
MAX_HOURS_S = 2 * DAY_S
"""Up to this length the marks are hours, above it days."""

HOUR_STEPS = (1, 2, 3, 6, 12)
DAY_STEPS = (1, 2, 5, 7, 10, 14, 30)


@dataclass(frozen=True, slots=True)
class Observation:
    """One limit in one reading.

    `time` and `resets_at` are epoch seconds. `resets_at` is None if the window had not started.
    """

    time: int
    percent: float | None
    resets_at: int | None
    decreased: bool = False

    def same_window(self, other: Observation) -> bool:
        """Return whether both are of one window."""
        return is_same_window(self.resets_at, other.resets_at)

    def reset_before(self, later: Observation) -> int:
        """Return the time of the reset between this and `later`, which is of another window.

        It is the announced time, or that of `later` if the reset was early or overdue.
        """
        if self.resets_at is not None and self.time <= self.resets_at <= later.time:
            return self.resets_at
        return later.time


@dataclass(frozen=True, slots=True)
class Series:
    """One limit over time: `pieces` without a gap, and the times of its resets.

    `bridges` are lines through gaps, interpolated from the readings on both sides.
    """

    kind: str
    label: str
    pieces: tuple[tuple[Point, ...], ...]
    resets: tuple[int, ...]
    bridges: tuple[tuple[Point, ...], ...] = ()

    @property
    def name(self) -> str:
        """Return the limit's name, as the line and the table use it."""
        return title(self.kind, self.label)

    @property
    def last(self) -> float | None:
        """Return the newest percentage."""
        return self.pieces[-1][-1][1] if self.pieces else None

    @property
    def highest(self) -> float | None:
        """Return the highest percentage."""
        return max((percent for piece in self.pieces for _, percent in piece), default=None)


def observations_by_limit(
    readings: Iterable[Reading],
) -> dict[tuple[str, str], list[Observation]]:
    """Return the observations of each limit by its kind and label, oldest first."""
    by_limit: dict[tuple[str, str], list[Observation]] = {}
    for reading in readings:
        for limit in reading.limits:
            by_limit.setdefault((limit.kind, limit.label), []).append(
                Observation(reading.observed_at, limit.percent, limit.resets_at, limit.lowered)
            )
    return by_limit


def all_series(readings: Iterable[Reading], now: float) -> list[Series]:
    """Return a series for each limit in `readings` (oldest first) with a known percentage."""
    curves = (
        Series(
            *name,
            _pieces(observations),
            _resets(observations, now),
            _bridges(name[0], observations),
        )
        for name, observations in observations_by_limit(readings).items()
    )
    return sorted(
        (series for series in curves if series.pieces),
        key=lambda series: rank(series.kind),
    )


def max_gap_s(observations: Sequence[Observation]) -> float:
    """Return how far apart two observations may be without a gap between them."""
    intervals = [later.time - earlier.time for earlier, later in pairwise(observations)]
    return max(MIN_GAP_S, GAP_INTERVALS * statistics.median(intervals) if intervals else 0)


def _pieces(observations: Sequence[Observation]) -> tuple[tuple[Point, ...], ...]:
    gap_s, pieces, piece = max_gap_s(observations), [], list[Point]()
    previous: Observation | None = None
    for current in observations:
        if (
            previous is None
            or previous.percent is None
            or current.percent is None
            or current.time - previous.time > gap_s
        ):
            pieces.append(piece)
            piece = []
        elif previous.resets_at is not None and not current.same_window(previous):
            # The percentage holds until the reset and then drops at once.
            reset = previous.reset_before(current)
            piece += [(reset, previous.percent), (reset, 0.0)]
        if current.percent is not None:
            piece.append((current.time, current.percent))
        previous = current
    pieces.append(piece)
    return tuple(_thinned(piece) for piece in pieces if piece)


def _bridges(kind: str, observations: Sequence[Observation]) -> tuple[tuple[Point, ...], ...]:
    """Return the lines through the gaps of a weekly limit, [] for a shorter one.

    Use grows within a window and holds until its reset, so the line between two readings of a week
    is close. Within hours, a window may have come and gone unseen.
    """
    length_s = LENGTH_S.get(kind, 0)
    if length_s < MIN_BRIDGED_S:
        return ()
    gap_s, bridges = max_gap_s(observations), list[tuple[Point, ...]]()
    known = [one for one in observations if one.percent is not None]
    for earlier, later in pairwise(known):
        if later.time - earlier.time > gap_s:
            bridges += _bridge(earlier, later, length_s)
    return tuple(bridges)


def _bridge(earlier: Observation, later: Observation, length_s: int) -> list[tuple[Point, ...]]:
    start = (float(earlier.time), earlier.percent or 0.0)
    end = (float(later.time), later.percent or 0.0)
    if earlier.same_window(later):
        return [(start, end)]
    began_at = later.time if later.resets_at is None else later.resets_at - length_s
    if earlier.resets_at is None:  # the window that it was to start is the later one, or unknown
        return [((max(began_at, start[0]), 0.0), end)] if began_at <= later.time else []
    reset = float(earlier.reset_before(later))
    held = [start, (reset, start[1]), (reset, 0.0)]
    if began_at - reset < length_s:
        return [(*held, (min(max(reset, began_at), end[0]), 0.0), end)]
    return [tuple(held), ((min(began_at, end[0]), 0.0), end)]  # a window between them is not known


def _thinned(piece: Sequence[Point]) -> tuple[Point, ...]:
    """Return `piece` without the points between two of the same percentage."""
    if len(piece) == 1:
        return tuple(piece)
    inner = (
        point
        for before, point, after in zip(piece, piece[1:], piece[2:], strict=False)
        if not before[1] == point[1] == after[1]
    )
    return piece[0], *inner, piece[-1]


def _resets(observations: Sequence[Observation], now: float) -> tuple[int, ...]:
    resets = []
    for earlier, later in pairwise(observations):
        if earlier.resets_at is not None and not earlier.same_window(later):
            resets.append(earlier.reset_before(later))
        elif later.decreased and not earlier.decreased:
            resets.append(later.time)
    last = observations[-1]
    if last.resets_at is not None and last.time <= last.resets_at <= now:
        resets.append(last.resets_at)
    return tuple(resets)


def heights_in(
    pieces: Iterable[Sequence[Point]], start: float, end: float, columns: int
) -> list[float | None]:
    """Return the highest percentage in each column of a chart, None if not known."""
    heights: list[float | None] = [None] * columns
    scale = columns / (end - start)

    def mark(timestamp: float, percent: float) -> None:
        column = min(max(int((timestamp - start) * scale), 0), columns - 1)
        heights[column] = max(heights[column] or 0, percent)

    for piece in pieces:
        for (earlier, percent), (later, later_percent) in pairwise(piece):
            mark(earlier, percent)
            steps = (later - earlier) * scale
            for step in range(1, int(steps) + 1):
                share = step / steps
                mark(
                    earlier + share * (later - earlier), percent + share * (later_percent - percent)
                )
        mark(*piece[-1])
    return heights


def ticks(start: float, end: float, max_ticks: int) -> list[Tick]:
    """Return at most `max_ticks` marks from `start` to `end` (epoch seconds).

    They are full hours if the time is short, else midnights.
    """
    if end - start <= MAX_HOURS_S:
        hours = _full_hours(start, end)
        for step in HOUR_STEPS:
            marks = [hour for hour in hours if time.localtime(hour).tm_hour % step == 0]
            if len(marks) <= max_ticks:
                return [(hour, time.strftime("%H:%M", time.localtime(hour))) for hour in marks]
    days = _midnights(start, end)
    step = next((step for step in DAY_STEPS if len(days[::step]) <= max_ticks), len(days) or 1)
    return [(day, day_label(day, weekday=step == 1)) for day in days[::step]]


def day_label(timestamp: float, *, weekday: bool = True) -> str:
    """Return `Tue 24`, or `24 Nov` without the weekday."""
    local = time.localtime(timestamp)
    if weekday:
        return f"{DAYS[local.tm_wday]} {local.tm_mday}"
    return f"{local.tm_mday} {MONTHS[local.tm_mon - 1]}"


def _full_hours(start: float, end: float) -> list[float]:
    local = time.localtime(start)
    first = int(start) - local.tm_min * 60 - local.tm_sec
    hours = (first + number * HOUR_S for number in range(int((end - first) // HOUR_S) + 1))
    return [float(hour) for hour in hours if hour >= start]


def _midnights(start: float, end: float) -> list[float]:
    local = time.localtime(start)
    midnights = (
        time.mktime((local.tm_year, local.tm_mon, local.tm_mday + number, 0, 0, 0, 0, 0, -1))
        for number in range(int((end - start) / DAY_S) + 3)
    )
    return [midnight for midnight in midnights if start <= midnight <= end]
