"""The chart in the terminal: a panel for each limit, with dots drawn by plotille."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from plotille import Canvas
from rich.text import Text

from usageline.cli.appearance import joined
from usageline.cli.formatting import cut
from usageline.cli.history.series import Series, heights_in, ticks
from usageline.cli.table import STYLES
from usageline.core import windows
from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


AXIS_WIDTH = 6
"""Columns of the labels and the axis: `100% ┤`."""

MIN_WIDTH = 24
ROWS = {"session": 8}
OTHER_ROWS = 6
DOT_COLUMNS, DOT_ROWS = 2, 4
"""Dots in one braille cell."""

EMPTY_CELL = "\u2800"
THRESHOLD_DOTS = "⡀⠄⠂⠁"
"""A cell of a line at each height of a dot, from the bottom."""

TICK_WIDTH = 9


def panel(
    series: Series, start: float, end: float, width: int, thresholds: Sequence[int] = ()
) -> list[Text]:
    """Return the lines of one limit's panel, at most `width` columns wide.

    They are the title, the chart from 0 to 100%, the time axis with the resets, and its labels.
    Each of `thresholds` (percent) has a line behind the curve.
    """
    cells = max(width, MIN_WIDTH) - AXIS_WIDTH
    rows = ROWS.get(series.kind, OTHER_ROWS)
    heights = heights_in(series.pieces, start, end, cells * DOT_COLUMNS)
    bridged = heights_in(series.bridges, start, end, cells * DOT_COLUMNS)
    canvas = Canvas(cells, rows, xmin=0, ymin=0, xmax=cells * DOT_COLUMNS, ymax=rows * DOT_ROWS)
    for column, (percent, bridge) in enumerate(zip(heights, bridged, strict=True)):
        height = bridge if percent is None else percent
        if height is not None:
            top = _dot(height, rows)
            # Through a gap there is only a line: what is below it was not observed.
            canvas.line(column, top if percent is None else 0, column, top)
    styles = [_style(heights[DOT_COLUMNS * cell :][:DOT_COLUMNS]) for cell in range(cells)]
    empty_cells = _threshold_cells(thresholds, rows)
    labels = {0: "100%", rows // 2: "50%"}
    lines = [_title(series, width)]
    for row, dots in enumerate(canvas.plot().split("\n")[:rows]):
        axis = [(f"{labels.get(row, ''):>4} ", ""), ("┤" if row in labels else "│", "dim")]
        empty_cell = empty_cells.get(row, (" ", ""))
        curve = (
            empty_cell if dot == EMPTY_CELL else (dot, style or "dim")
            for dot, style in zip(dots, styles, strict=False)
        )
        lines.append(joined([*axis, *curve]))
    return [*lines, _axis(series, start, end, cells), _labels(start, end, cells)]


def _threshold_cells(thresholds: Iterable[int], rows: int) -> dict[int, tuple[str, str]]:
    """Return the empty cell of each row with a threshold (0 at the top), with its style."""
    cells = {}
    for percent in sorted(thresholds):
        row, dot = divmod(_dot(percent, rows), DOT_ROWS)
        cells[rows - 1 - row] = (THRESHOLD_DOTS[dot], _style([percent]))
    return cells


def _dot(percent: float, rows: int) -> int:
    """Return the dot at which a percentage ends, from 0 at the bottom."""
    return min(max(math.ceil(percent / 100 * rows * DOT_ROWS) - 1, 0), rows * DOT_ROWS - 1)


def _style(heights: Sequence[float | None]) -> str:
    percentages = [percent for percent in heights if percent is not None]
    return STYLES[windows.severity(max(percentages))] if percentages else ""


def _title(series: Series, width: int) -> Text:
    label = sanitize(series.name)
    facts = f"last {math.floor(series.last or 0)}% · highest {math.floor(series.highest or 0)}%"
    if series.resets and display_width(label) + len(facts) + 14 <= width:
        facts += " · ┴ reset"
    spaces = width - display_width(label) - len(facts)
    if spaces >= 2:
        return Text.assemble((label, "bold"), " " * spaces, facts)
    return Text(cut(label, width), "bold")


def _axis(series: Series, start: float, end: float, cells: int) -> Text:
    marks = {
        _column(timestamp, start, end, cells)
        for timestamp in series.resets
        if start <= timestamp <= end
    }
    line = (("┴", "bold") if cell in marks else ("─", "dim") for cell in range(cells))
    return joined([("  0% ", ""), ("└", "dim"), *line])


def _labels(start: float, end: float, cells: int) -> Text:
    line = [" "] * (AXIS_WIDTH + cells)
    next_free = 0
    for timestamp, label in ticks(start, end, max(cells // TICK_WIDTH, 1)):
        # The bar is below the time itself, the label right of it.
        column = AXIS_WIDTH + _column(timestamp, start, end, cells)
        text = "╵" + label
        if column >= next_free and column + len(text) <= len(line):
            line[column : column + len(text)] = text
            next_free = column + len(text) + 1
    return Text("".join(line).rstrip())


def _column(timestamp: float, start: float, end: float, cells: int) -> int:
    return min(int((timestamp - start) / (end - start) * cells), cells - 1)
