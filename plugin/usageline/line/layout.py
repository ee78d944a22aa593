"""Fit segments into rows of a width in display cells.

A part is `(style, text)` or `(style, text, url)`; `(BAR, blanks, bar)` is a bar that render.py
draws at the width of its blanks. A variant is `(priority, [part, …])`. A segment is
`(kind, variants)`, richest variant first. A row is a list of `(kind, parts)`.

The shortest variants of the segments and the steps to richer ones have one order, that of their
priorities. A row takes as many of them as fit. A segment after the first step that does not fit is
left out, so that no segment disappears if the row gets wider. Richer variants of the others use the
cells that are left.
"""

from __future__ import annotations

from usageline.core.text import display_width, sanitize, sanitize_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    Part = tuple[Any, ...]
    Variant = tuple[int, list[Part]]
    Segment = tuple[str, list[Variant]]
    Row = list[tuple[str, list[Part]]]

BAR = "bar"
"""The style of a bar's part."""

FLEX = "flex"
"""The segment that aligns those after it to the right."""

MIN_BAR_WIDTH = 5
"""A row that is too narrow shortens its bars to this before it leaves them out."""

MARK_PRIORITY = 28
"""Of bars with a mark, all of a row at once."""

MARKED_BAR_WIDTH = 8
"""A shorter bar has no mark."""

URGENT = 1000
"""Added to the priority of a limit at warning or critical, which outlasts all else."""


class RowSpacing:
    """The cells of a row besides its segments, and its `ellipsis`.

    `around` counts the whole row's, `pad` those around each segment, `between` those between two.
    """

    def __init__(
        self, around: int = 0, pad: int = 0, between: int = 3, ellipsis: str = "…"
    ) -> None:
        self.around = around
        self.pad = pad
        self.between = between
        self.ellipsis = ellipsis


def sanitized(segments: list[Segment], *, ascii_only: bool = False) -> list[Segment]:
    """Return the segments with every text sanitized, without those of which nothing is left.

    Text from outside becomes output here and in `chain.py` alone.
    """
    clean = sanitize_ascii if ascii_only else sanitize
    texts = {part[1] for _, variants in segments for _, parts in variants for part in parts}
    if not [text for text in texts if clean(text) != text]:
        return segments
    cleaned = [
        (
            kind,
            [
                (priority, [(part[0], clean(part[1]), *part[2:]) for part in parts])
                for priority, parts in variants
            ],
        )
        for kind, variants in segments
    ]
    return [
        one
        for one in cleaned
        if one[0] == FLEX or any(part[1] for _, parts in one[1][-1:] for part in parts)
    ]


def parts_width(parts: Iterable[Sequence[Any]]) -> int:
    """Return the cells that these parts take."""
    return sum([display_width(part[1]) for part in parts])


def total_width(widths: list[int], spacing: RowSpacing) -> int:
    """Return the cells of a row of segments that take these cells."""
    if not widths:
        return 0
    each = spacing.pad + spacing.between
    return spacing.around + sum(widths) + each * len(widths) - spacing.between


def cut_parts(parts: list[Part], width: int, ellipsis: str = "…") -> list[Part]:
    """Cut off parts that take more than `width` cells, with an ellipsis."""
    ellipsis = ellipsis[:width]
    left = width - display_width(ellipsis)
    result: list[Part] = []
    for part in parts:
        for index, char in enumerate(part[1]):
            left -= display_width(char)
            if left < 0:
                return [*result, (part[0], part[1][:index] + ellipsis, *part[2:])]
        result.append(part)
    return result


def choose(
    segments: list[Segment],
    width: int,
    spacing: RowSpacing,
    fits: Callable[[int, int], bool] | None = None,
) -> tuple[list[int], int]:
    """Return the index of each segment's variant, -1 for one left out, and the most cells of a bar.

    The first segment is chosen even if it does not fit. `fits` tells, for several lines, whether a
    segment may take so many cells.
    """
    count, each = len(segments), spacing.pad + spacing.between
    room = width - spacing.around + spacing.between
    chosen, cells, bars = [-1] * count, [0] * count, [0] * count
    bar_width, is_open = MIN_BAR_WIDTH, True
    for _, index, at in _steps(segments):
        if index == count:
            more = _growth(bars, bar_width, MARKED_BAR_WIDTH)
            if fits is None and more <= room:
                room, bar_width = room - more, MARKED_BAR_WIDTH
            else:
                is_open = is_open and fits is not None
        elif is_open if chosen[index] < 0 else chosen[index] == 1 - at:
            bar, rest = 0, each
            for part in segments[index][1][-at][1]:
                if part[0] == BAR:
                    bar = len(part[1])
                else:
                    rest += display_width(part[1])
            taken = rest + min(bar, bar_width)
            more = taken - cells[index] - min(bars[index], bar_width)
            has_room = more <= room if fits is None else fits(index, taken - each)
            is_open = is_open and has_room
            if has_room or max(chosen) < 0:
                room -= more
                chosen[index], cells[index], bars[index] = -at, rest, bar
    while 0 < (more := _growth(bars, bar_width, bar_width + 1)) <= room:
        room, bar_width = room - more, bar_width + 1
    return chosen, bar_width


def _growth(bars: list[int], before: int, after: int) -> int:
    """Return the cells that these bars take if the longest may have `after` instead of `before`."""
    return sum([min(bar, after) - before for bar in bars if bar > before])


def _steps(segments: list[Segment]) -> list[tuple[int, int, int]]:
    """Return the steps to the richest variants: `(-priority, segment, -variant)`, in their order.

    A variant comes after the shorter ones of its segment. After the last segment's index is the
    step to bars with a mark.
    """
    steps = [(-MARK_PRIORITY, len(segments), 0)]
    for index, (_, variants) in enumerate(segments):
        priority = variants[-1][0]
        for at in range(len(variants) - 1, -1, -1):
            priority = min(priority, variants[at][0])
            steps.append((-priority, index, -at))
    steps.sort()
    return steps


def fit_row(segments: list[Segment], width: int, spacing: RowSpacing) -> tuple[Row, list[Segment]]:
    """Return the best row of at most `width` cells, and the segments that are left out.

    It ends in an ellipsis only if its first segment has no room in its shortest variant.
    """
    segments = [segment for segment in segments if segment[1]]
    row = [(kind, variants[0][1]) for kind, variants in segments]
    if total_width([parts_width(parts) for _, parts in row], spacing) <= width:
        return row, []
    chosen, bar_width = choose(segments, width, spacing)
    row, left_out = [], []
    for segment, at in zip(segments, chosen, strict=True):
        if at < 0:
            left_out.append(segment)
        else:
            row.append((segment[0], _with_bar_width(segment[1][at][1], bar_width)))
    if len(row) == 1 and total_width([parts_width(row[0][1])], spacing) > width:
        room = max(width - spacing.around - spacing.pad, 1)
        row = [(row[0][0], cut_parts(row[0][1], room, spacing.ellipsis))]
    return row, left_out


def _with_bar_width(parts: list[Part], bar_width: int) -> list[Part]:
    return [(BAR, part[1][:bar_width], *part[2:]) if part[0] == BAR else part for part in parts]
