"""Draw the chart of one limit: the last 24 hours, and the forecast. Pure."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from rich.style import Style

from usageline.cli.appearance import Appearance, joined
from usageline.cli.dashboard.drawing import plain_text, possible_sign, spread
from usageline.cli.history.series import heights_in
from usageline.core import formatting, windows

if TYPE_CHECKING:
    from rich.text import Text

    from usageline.cli.dashboard.model import Chart

AXIS_CELLS = 5
"""Cells of the labels and the axis: `100 ┤`."""

Cell = tuple[str, Style]
Span = tuple[float, float]
"""The lower and the upper percentage."""

HOUR_S = 3600
MIN_ROWS_WITH_BOTH = 10
"""A chart of this height shows both thresholds, a lower one only the first."""

TICK_HOURS = (1, 2, 3, 4, 6, 8, 12)
MIN_TICK_CELLS = 8
EIGHTHS = " ▁▂▃▄▅▆▇█"


def chart(chart: Chart, width: int, height: int, look: Appearance) -> list[Text]:
    """Return a chart of `height` rows: a title, the curve from 0 to 100%, and the time axis."""
    cells, rows = max(width - AXIS_CELLS, 10), max(height - 3, 2)
    title = spread(look.text(chart.name, "name"), look.text("24 hours", "quiet"), width, look)
    if not chart.pieces:
        return [title, look.text("no readings in the last 24 hours", "quiet")]
    heights = heights_in(chart.pieces, chart.start, chart.end, cells)
    cone = _cone_heights(chart, cells)
    labels = {0: "100", rows // 2: "50"}
    lines = [title]
    for row in range(rows):
        axis = plain_text("┤" if row in labels else "│", look)
        line = [
            (f"{labels.get(row, ''):>3} ", look.style("quiet")),
            (axis, look.style("separator")),
        ]
        floor, step = (rows - 1 - row) / rows * 100, 100 / rows
        has_threshold = _has_threshold(floor, step, rows)
        empty = (plain_text("┈", look), look.style("track")) if has_threshold else (" ", Style())
        line += [
            _chart_cell(used, ahead, (floor, floor + step), look) or empty
            for used, ahead in zip(heights, cone, strict=True)
        ]
        lines.append(joined(line))
    return [*lines, *_axis(chart, cells, look)]


def _chart_cell(used: float | None, cone: Span | None, row: Span, look: Appearance) -> Cell | None:
    """Return a cell of the curve or of the forecast in a row of the chart, None for neither."""
    floor, ceiling = row
    if used is not None:
        eighths = min(max(math.ceil((used - floor) / (ceiling - floor) * 8 - 0.01), 0), 8)
        if floor == 0 and used > 0:
            eighths = max(eighths, 1)
        if look.ascii:
            eighths = 8 if eighths >= 4 or (floor == 0 and eighths) else 0
        if eighths:
            return plain_text(EIGHTHS[eighths], look), look.style(windows.severity(used))
    elif cone is not None and cone[0] < ceiling and cone[1] > floor:
        level = windows.severity(cone[0])
        style = "quiet" if level == "normal" else level
        return plain_text(possible_sign(look), look), look.style(style)
    return None


def _has_threshold(floor: float, step: float, rows: int) -> bool:
    """Return whether a threshold runs through a row of the chart; a low chart has only one."""
    thresholds = (windows.WARNING_PERCENT, windows.CRITICAL_PERCENT)
    shown = thresholds if rows >= MIN_ROWS_WITH_BOTH else thresholds[:1]
    return any(floor < percent <= floor + step for percent in shown)


def _cone_heights(chart: Chart, cells: int) -> list[Span | None]:
    """Return the lowest and highest forecast in each cell after now, None without one."""
    heights: list[Span | None] = [None] * cells
    if len(chart.cone) < 2:
        return heights
    (begin, low, high), (end, last_low, last_high) = chart.cone
    for cell in range(cells):
        at = chart.start + (cell + 0.5) / cells * (chart.end - chart.start)
        if begin <= at <= end:
            share = (at - begin) / (end - begin)
            heights[cell] = (
                min(low + share * (last_low - low), 100),
                min(high + share * (last_high - high), 100),
            )
    return heights


def _axis(chart: Chart, cells: int, look: Appearance) -> list[Text]:
    """Return the time axis with the resets, and its labels with the mark of now."""

    def cell_of(at: float) -> int:
        return min(int((at - chart.start) / (chart.end - chart.start) * cells), cells - 1)

    resets = {cell_of(at) for at in chart.resets if chart.start <= at <= chart.end}
    now = cell_of(chart.now)
    reset = (plain_text("┴", look), look.style("mark"))
    between = (plain_text("─", look), look.style("separator"))
    line = [("  0 ", look.style("quiet")), (plain_text("└", look), look.style("separator"))]
    line += [reset if cell in resets else between for cell in range(cells)]
    labels = [" "] * (AXIS_CELLS + cells)
    _put(labels, AXIS_CELLS + now, "now")
    max_ticks = max(cells // MIN_TICK_CELLS, 1)
    for at in _hours(chart.start, chart.end, max_ticks):
        text = formatting.time_of_day(time.localtime(at), half_days=look.half_days)
        _put(labels, AXIS_CELLS + cell_of(at), text)
    return [joined(line), look.text("".join(labels).rstrip(), "quiet")]


def _put(labels: list[str], begin: int, text: str) -> None:
    """Put a label with a space on each side, unless it has no room."""
    end = begin + len(text)
    if end <= len(labels) and not "".join(labels[max(begin - 1, 0) : end + 1]).strip():
        labels[begin:end] = text


def _hours(start: float, end: float, max_ticks: int) -> list[float]:
    first = math.ceil(start / HOUR_S) * HOUR_S
    hours: list[float] = [
        first + index * HOUR_S for index in range(int((end - first) // HOUR_S) + 1)
    ]
    for step in TICK_HOURS:
        marks = [hour for hour in hours if time.localtime(hour).tm_hour % step == 0]
        if len(marks) <= max_ticks:
            return marks
    return []
