"""Break rows into lines."""

from __future__ import annotations

from usageline.line.layout import choose, fit_row, parts_width, total_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.line.layout import Row, RowSpacing, Segment

REQUIRED = 10_000
"""Added to the priority of a segment that has its line."""


def wrap(
    rows: Sequence[list[Segment]], width: int, spacing: RowSpacing, max_lines: int
) -> tuple[list[Row], list[Segment]]:
    """Break rows into at most `max_lines` lines, each at most `width` wide.

    Return the lines, and the segments that are left out. Segments are shortened or left out only if
    there are too few lines. No two rows share a line, and each row that has segments keeps one.
    """
    lines: list[Row] = []
    left_out: list[Segment] = []
    for index, row in enumerate(rows):
        segments = [segment for segment in row if segment[1]]
        widths = [parts_width(variants[0][1]) for _, variants in segments]
        left = max(max_lines - len(lines) - (len(rows) - 1 - index), 1)
        if not _has_room(widths, width, spacing, left):
            taken = _chosen_widths(segments, width, spacing, left)
            left_out += [one for at, one in enumerate(segments) if at not in taken]
            segments = [segments[at] for at in sorted(taken)]
            widths = [taken[at] for at in sorted(taken)]
        starts = _line_starts(widths, width, spacing)
        ends = [*starts[1:], len(segments)]
        chosen = [_required(segment) for segment in segments]
        lines += [
            fit_row(chosen[at:end], width, spacing)[0] for at, end in zip(starts, ends, strict=True)
        ]
    return lines[:max_lines], left_out


def row_width(row: Row, spacing: RowSpacing) -> int:
    """Return the cells that a row takes."""
    return total_width([parts_width(parts) for _, parts in row], spacing)


def _chosen_widths(
    segments: list[Segment], width: int, spacing: RowSpacing, max_lines: int
) -> dict[int, int]:
    """Return the cells of the segments that fit into so many lines, by index."""
    taken: dict[int, int] = {}

    def fits(index: int, cells: int) -> bool:
        trial = {**taken, index: cells}
        has_room = _has_room([trial[at] for at in sorted(trial)], width, spacing, max_lines)
        if has_room or not taken:
            taken[index] = cells
        return has_room

    choose(segments, width, spacing, fits)
    return taken


def _required(segment: Segment) -> Segment:
    """Return a segment that is not left out of its line, because its shortest variant has room."""
    kind, variants = segment
    priority, parts = variants[-1]
    return kind, [*variants[:-1], (priority + REQUIRED, parts)]


def _line_starts(widths: list[int], width: int, spacing: RowSpacing) -> list[int]:
    """Return the index of each line's first segment if each line takes as many as have room."""
    starts: list[int] = []
    for index in range(len(widths)):
        if not starts or total_width(widths[starts[-1] : index + 1], spacing) > width:
            starts.append(index)
    return starts


def _has_room(widths: list[int], width: int, spacing: RowSpacing, max_lines: int) -> bool:
    """Return whether segments of these widths fit into so many lines."""
    narrow = spacing.around + spacing.pad + max(widths, default=0) <= width
    return narrow and len(_line_starts(widths, width, spacing)) <= max_lines
