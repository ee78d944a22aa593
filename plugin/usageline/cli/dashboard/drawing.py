"""Draw the parts of the dashboard as rows of text, for any width and height. Pure."""

from __future__ import annotations

import math
import textwrap
import time
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from usageline.cli.dashboard import model
from usageline.core import formatting, windows
from usageline.core.text import display_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.cli.appearance import Appearance
    from usageline.cli.dashboard.model import Account, Chart, Line, Meter, View

MIN_WIDTH = 20
AXIS_CELLS = 5
"""Cells of the labels and the axis of a chart: `100 ┤`."""

Cell = tuple[str, Style]
Span = tuple[float, float]
"""The lower and the upper percentage."""

HOUR_S = 3600
MIN_ROWS_WITH_BOTH = 10
TICK_HOURS = (1, 2, 3, 4, 6, 8, 12)
MIN_TICK_CELLS = 8
EIGHTHS = " ▁▂▃▄▅▆▇█"
LIKELY, POSSIBLE, FAINT = "▓", "▒", "░"
"""The part of a bar that is likely to be used before the reset, and the part that may be.

FAINT stands for the latter if the empty part of a bar is a background.
"""

ASCII = {
    **dict.fromkeys("▁▂▃▄▅▆▇█", "#"),
    "▓": "=",
    "▒": ":",
    "░": ":",
    "┤": "|",
    "│": "|",
    "└": "+",
    "─": "-",
    "┴": "^",
    "┈": ".",
    "╵": "|",
    "›": ">",
    "·": "-",
    "▲": "!",
    "╌": "-",
}


def plain_text(text: str, look: Appearance) -> str:
    """Return text of the dashboard itself, in ASCII if the terminal has no other characters."""
    return "".join(ASCII.get(char, char) for char in text) if look.ascii else text


def cut(line: Text, width: int, look: Appearance) -> Text:
    """Cut a row that is wider than `width`, with an ellipsis where the terminal has one."""
    if line.cell_len > width:
        line.truncate(max(width, 1), overflow="crop" if look.ascii else "ellipsis")
    return line


def possible_sign(look: Appearance) -> str:
    """Return the sign of what may be used before the reset."""
    return FAINT if look.terminal.styles.get("groove") else POSSIBLE


def header(view: View, width: int, look: Appearance) -> Text:
    """Return the first row: what it is, whose numbers these are, and the time."""
    title = look.text(plain_text(view.title, look), "name")
    return _spread(title, look.text(view.time, "quiet"), width, look)


def meter(meter: Meter, width: int, bar_rows: int, look: Appearance, marker: str) -> list[Text]:
    """Return the rows of one limit: its name with the numbers, its bar, and its notes."""
    row = meter.row
    unknown = look.terminal.glyphs["unknown"]
    number = unknown if row.percent is None else f"{math.floor(row.percent)}%"
    left = look.text(plain_text(marker, look), "name") + look.text(row.name, "name")
    left += look.text("  ") + look.text(
        number, "plain" if row.percent is None else f"{row.severity}"
    )
    right = look.text(" ".join(filter(None, (row.first, row.second))), "quiet")
    for style, pace in model.pace(row):
        if left.cell_len + right.cell_len + len(pace) + 4 <= width:
            left += look.text("  ") + look.text(pace, style)
            break
    for words in (f"{row.brief} {row.second}", row.brief):
        if left.cell_len + right.cell_len + 2 > width:
            right = look.text(words.strip(), "quiet")
    lines = [_spread(left, right, width, look)]
    if row.percent is not None:
        lines += [bar(meter, width, look)] * bar_rows
    for style, note in meter.notes:
        lines += [look.text(part, style) for part in textwrap.wrap(note, max(width, MIN_WIDTH))]
    return lines


def bar(meter: Meter, width: int, look: Appearance) -> Text:
    """Return a bar with the mark of even use, and the forecast of the use at the reset."""
    row, band = meter.row, meter.band
    painted = look.bar(row.percent or 0, width, row.severity, row.mark)
    if band is None:
        return painted
    # The bar is exact to an eighth of a cell.
    used = math.ceil(int(min(row.percent or 0, 100) / 100 * width * 8) / 8)
    low, high = (math.floor(min(edge, 100) / 100 * width) for edge in band)
    mark = None if row.mark is None else min(int(row.mark / 100 * width), width - 1)
    # What is only possible has no color of a warning: on a calm day it must not alarm.
    likely = max(_severity(band[0]), row.severity, key=windows.SEVERITIES.index)
    for begin, end, sign, style in (
        (used, low, LIKELY, likely),
        (max(used, low), high, possible_sign(look), "quiet"),
    ):
        for first, last in _without(begin, end, mark):
            part = Text(
                plain_text(sign, look) * (last - first), look.style("groove") + look.style(style)
            )
            painted = painted[:first] + part + painted[last:]
    return painted


def _without(begin: int, end: int, mark: int | None) -> list[tuple[int, int]]:
    """Return the cells from `begin` to `end` in pieces that leave out the mark."""
    if mark is None or not begin <= mark < end:
        return [(begin, end)] if begin < end else []
    return [piece for piece in ((begin, mark), (mark + 1, end)) if piece[0] < piece[1]]


def chart(chart: Chart, width: int, height: int, look: Appearance) -> list[Text]:
    """Return a chart of `height` rows: a title, the curve from 0 to 100 %, and the time axis."""
    cells, rows = max(width - AXIS_CELLS, 10), max(height - 3, 2)
    title = _spread(look.text(chart.name, "name"), look.text("24 hours", "quiet"), width, look)
    if not chart.pieces:
        return [title, look.text("no readings in the last 24 hours", "quiet")]
    heights = _heights(chart, cells)
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
        lines.append(_assembled(line))
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
            return plain_text(EIGHTHS[eighths], look), look.style(_severity(used))
    elif cone is not None and cone[0] < ceiling and cone[1] > floor:
        severity = _severity(cone[0])
        style = "quiet" if severity == "normal" else severity
        return plain_text(possible_sign(look), look), look.style(style)
    return None


def _has_threshold(floor: float, step: float, rows: int) -> bool:
    """Return whether a threshold runs through a row of the chart; a low chart has only one."""
    thresholds = (windows.WARNING_PERCENT, windows.CRITICAL_PERCENT)
    shown = thresholds if rows >= MIN_ROWS_WITH_BOTH else thresholds[:1]
    return any(floor < percent <= floor + step for percent in shown)


def _heights(chart: Chart, cells: int) -> list[float | None]:
    """Return the highest percentage in each cell, None if it is unknown."""
    heights: list[float | None] = [None] * cells
    scale = cells / (chart.end - chart.start)

    def mark(at: float, percent: float) -> None:
        cell = min(max(int((at - chart.start) * scale), 0), cells - 1)
        heights[cell] = max(heights[cell] or 0, percent)

    for piece in chart.pieces:
        for (earlier, percent), (later, next_percent) in pairwise(piece):
            mark(earlier, percent)
            steps = int((later - earlier) * scale)
            for step in range(1, steps + 1):
                at = earlier + step / scale
                share = (at - earlier) / (later - earlier)
                mark(at, percent + share * (next_percent - percent))
        mark(*piece[-1])
    return heights


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
    return [_assembled(line), look.text("".join(labels).rstrip(), "quiet")]


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


def facts(view: View, width: int, look: Appearance) -> list[Text]:
    """Return alerts, what is wrong, requests, age, and the other accounts."""
    lines = []
    sign = look.terminal.glyphs["alert"]
    for style, text in view.alerts:
        lines += _wrapped(sign + text, style, width, look)
    if view.problem:
        lines += _wrapped(view.problem, "warning", width, look)
    if lines:
        lines.append(Text())
    for heading, (style, text) in view.facts:
        lines.append(look.text(f"{heading:<10}", "label") + look.text(text, style))
    if view.accounts:
        lines += [Text(), *accounts(view.accounts, width, look)]
    return lines


def accounts(rows: Sequence[Account], width: int, look: Appearance) -> list[Text]:
    """Return one row for each account, with its age if that fits into `width`."""
    names = max(display_width(row.label) for row in rows)
    lines = [look.text("Accounts", "label")]
    for row in rows:
        padding = " " * (names - display_width(row.label))
        line = look.text(plain_text("› " if row.is_current else "  ", look), "name")
        line += look.text(row.label + padding, "name" if row.is_current else "plain")
        for style, value in row.values:
            line += look.text("  ") + look.text(value, style)
        if row.age and line.cell_len + 2 + len(row.age) <= width:
            line += look.text("  ") + look.text(row.age, "quiet")
        lines.append(line)
    return lines


def footer(keys: str, message: Line, width: int, look: Appearance) -> Text:
    """Return the last row: a message and the keys."""
    return _spread(look.text(message[1], message[0]), look.text(keys, "quiet"), width, look)


HELP = (
    ("q, Esc, Ctrl-C", "quit"),
    ("r", "refresh now; a wait that the service asked for still applies"),
    ("t", "next theme"),
    ("up, down, left, right", "choose the limit of the chart, and scroll"),
    ("?", "show or hide this help"),
)
LEGEND = (
    ("mark", "even use: the percentage if use were spread evenly over the window"),
    ("likely", "likely to be used before the reset, by the forecast"),
    ("possible", "may be used before the reset: the top of the forecast"),
    ("reset", "a reset, below the chart"),
)


def help_lines(width: int, look: Appearance) -> list[Text]:
    """Return the keys, and what the signs mean."""
    signs = {
        "mark": look.terminal.glyphs["mark"],
        "likely": plain_text(LIKELY, look),
        "possible": plain_text(possible_sign(look), look),
        "reset": plain_text("┴", look),
    }
    rows = [*HELP, ("", ""), *((signs[name], text) for name, text in LEGEND)]
    cells = max(len(key) for key, _ in rows) + 2
    lines = []
    for key, text in rows:
        parts = textwrap.wrap(text, max(width - cells, MIN_WIDTH)) or [""]
        lines.append(look.text(f"{key:<{cells}}", "name") + look.text(parts[0], "plain"))
        lines += [look.text(" " * cells + part, "plain") for part in parts[1:]]
    return lines


def _assembled(cells: Iterable[Cell]) -> Text:
    """Return the cells as one text, with one span for each run of a style."""
    runs = groupby(cells, key=itemgetter(1))
    return Text.assemble(*(("".join(char for char, _ in run), style) for style, run in runs))


def _severity(percent: float) -> str:
    return str(windows.severity(percent))


def _wrapped(text: str, style: str, width: int, look: Appearance) -> list[Text]:
    return [look.text(part, style) for part in textwrap.wrap(text, max(width, MIN_WIDTH))]


def _spread(left: Text, right: Text, width: int, look: Appearance) -> Text:
    """Return both texts in one row, at its two ends; only the left one without room for both."""
    room = width - left.cell_len - right.cell_len
    if room < 2:
        return cut(left, width, look)
    return left + Text(" " * room) + right
