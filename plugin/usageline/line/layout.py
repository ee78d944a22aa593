"""Fit segments into rows of a width in display cells.

A part is `(style, text)` or `(style, text, url)`. A variant is `(priority, [part, …])`. A segment
is `(kind, variants)`, longest variant first. While a row is too wide, it drops variants in the
order of their priorities, all of one priority at a time. A segment without variants is gone. A row
is a list of `(kind, parts)`.
"""

from __future__ import annotations

from usageline.core.text import display_width, sanitize, sanitize_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Part = tuple[str, ...]
    Variant = tuple[int, list[Part]]
    Segment = tuple[str, list[Variant]]
    Row = list[tuple[str, list[Part]]]


class RowSpacing:
    """The cells of a row besides its segments, and its `ellipsis`.

    `around` counts the whole row's, `pad` those around each segment, `between` those between two.
    """

    __slots__ = ("around", "between", "ellipsis", "pad")

    def __init__(
        self, around: int = 0, pad: int = 0, between: int = 3, ellipsis: str = "…"
    ) -> None:
        self.around = around
        self.pad = pad
        self.between = between
        self.ellipsis = ellipsis


def sanitized(segments: Iterable[Segment], *, ascii_only: bool = False) -> list[Segment]:
    """Return the segments with every text sanitized.

    Text from outside becomes output here and in `chain.py` alone.
    """
    sanitize_text = sanitize_ascii if ascii_only else sanitize
    return [
        (
            kind,
            [
                (priority, [(part[0], sanitize_text(part[1]), *part[2:]) for part in parts])
                for priority, parts in variants
            ],
        )
        for kind, variants in segments
    ]


def fit(segments: list[Segment], width: int, spacing: RowSpacing) -> Row:
    """Return the best row of at most `width` cells.

    It ends in an ellipsis only if no variant can be dropped.
    """
    chosen = _reduced(
        [segment for segment in segments if segment[1]],
        lambda rest: row_width(rest, spacing) <= width,
    )
    row = [(kind, variants[0][1]) for kind, variants in chosen]
    return row if row_width(chosen, spacing) <= width else cut(row, width, spacing)


def wrap(
    rows: Sequence[list[Segment]], width: int, spacing: RowSpacing, max_lines: int
) -> list[Row]:
    """Break rows into at most `max_lines` lines, each at most `width` wide.

    Variants are dropped only if there are too few lines. No two rows share a line, and each row
    that has segments keeps one.
    """
    lines: list[Row] = []
    for index, segments in enumerate(rows):
        left = max(max_lines - len(lines) - (len(rows) - 1 - index), 1)

        def fits(rest: list[Segment], left: int = left) -> bool:
            broken = _broken(rest, width, spacing)
            return len(broken) <= left and all(row_width(line, spacing) <= width for line in broken)

        lines += [
            fit(line, width, spacing)
            for line in _broken(_reduced(segments, fits), width, spacing)[:left]
        ]
    return lines[:max_lines]


def row_width(segments: list[Segment], spacing: RowSpacing) -> int:
    """Return the cells that a row of these segments takes in their longest variants."""
    if not segments:
        return 0
    count = len(segments)
    total = sum(parts_width(variants[0][1]) for _, variants in segments)
    return spacing.around + total + spacing.pad * count + spacing.between * (count - 1)


def parts_width(parts: Iterable[Sequence[str]]) -> int:
    """Return the cells that these parts take."""
    return sum(display_width(part[1]) for part in parts)


def cut(row: Row, width: int, spacing: RowSpacing) -> Row:
    """Cut a row off at `width` cells, with an ellipsis."""
    left = width - spacing.around
    result: Row = []
    for kind, parts in row:
        room = left - spacing.pad - (spacing.between if result else 0)
        if room < 1 and result:
            break
        taken = parts_width(parts)
        if taken > room:
            return [*result, (kind, cut_parts(parts, max(room, 1), spacing.ellipsis))]
        result.append((kind, parts))
        left = room - taken
    return result


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


def _reduced(segments: list[Segment], fits: Callable[[list[Segment]], bool]) -> list[Segment]:
    """Drop variants, lowest priority first, until the segments fit. At least one remains."""
    for priority in sorted({priority for _, variants in segments for priority, _ in variants}):
        rest = segments if fits(segments) else _without(segments, priority)
        if rest is segments or not rest:
            break
        segments = rest
    return segments


def _without(segments: list[Segment], priority: int) -> list[Segment]:
    rest = [
        (kind, [variant for variant in variants if variant[0] > priority])
        for kind, variants in segments
    ]
    return [segment for segment in rest if segment[1]]


def _broken(segments: list[Segment], width: int, spacing: RowSpacing) -> list[list[Segment]]:
    rows: list[list[Segment]] = []
    for segment in segments:
        if rows and row_width([*rows[-1], segment], spacing) <= width:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return rows
