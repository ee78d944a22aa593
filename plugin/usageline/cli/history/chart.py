"""The chart in the terminal: a panel for each limit, its dots drawn by plotille."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from plotille import Canvas
from rich.text import Text

from usageline.cli.history.ticks import ticks
from usageline.cli.table import STYLES
from usageline.core import windows
from usageline.core.text import display_width, sanitize
from usageline.line import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.cli.history.series import Point, Series

GUTTER = 6
"""Cells of the axis with its labels: `100% ┤`."""

LEAST_CELLS = 24
ROWS = {"session": 8}
OTHER_ROWS = 6
DOTS = 2
"""Columns of dots in a cell; it has four rows of them."""

EMPTY = "\u2800"
TICK_CELLS = 9


def panel(series: Series, start: float, end: float, width: int) -> list[Text]:
    """The lines of one limit's panel, none wider than `width` cells: head, chart from 0 to 100 %, time axis with the resets, its labels."""
    cells = max(width, LEAST_CELLS) - GUTTER
    rows = ROWS.get(series.kind, OTHER_ROWS)
    heights = _heights(series.pieces, start, end, cells * DOTS)
    canvas = Canvas(cells, rows, xmin=0, ymin=0, xmax=cells * DOTS, ymax=rows * 4)
    for column, percent in enumerate(heights):
        if percent is not None:
            canvas.line(
                column,
                0,
                column,
                min(max(math.ceil(percent / 100 * rows * 4) - 1, 0), rows * 4 - 1),
            )
    drawn = canvas.plot().split("\n")
    styles = [_style(heights[cell * DOTS : cell * DOTS + DOTS]) for cell in range(cells)]
    labels = {0: "100%", rows // 2: "50%"}
    lines = [_head(series, width)]
    for row, dots in enumerate(drawn[:rows]):
        axis = [(f"{labels.get(row, ''):>4} ", ""), ("┤" if row in labels else "│", "dim")]
        lines.append(
            _text(
                [
                    *axis,
                    *(
                        (" ", "") if dot == EMPTY else (dot, style)
                        for dot, style in zip(dots, styles, strict=False)
                    ),
                ]
            )
        )
    return [*lines, _axis(series, start, end, cells), _labels(start, end, cells)]


def _heights(
    pieces: tuple[tuple[Point, ...], ...], start: float, end: float, columns: int
) -> list[float | None]:
    """The highest percentage in each column of dots, None where nothing is known."""
    found: list[float | None] = [None] * columns
    scale = columns / (end - start)

    def mark(at: float, percent: float) -> None:
        column = min(max(int((at - start) * scale), 0), columns - 1)
        found[column] = max(found[column] or 0, percent)

    for piece in pieces:
        for (at, percent), (until, later) in pairwise(piece):
            mark(at, percent)
            for step in range(1, int((until - at) * scale) + 1):
                share = step / ((until - at) * scale)
                mark(at + share * (until - at), percent + share * (later - percent))
        mark(*piece[-1])
    return found


def _style(heights: list[float | None]) -> str:
    known = [percent for percent in heights if percent is not None]
    return STYLES[windows.severity(max(known))] if known else ""


def _head(series: Series, width: int) -> Text:
    label = sanitize(series.label)
    facts = f"last {math.floor(series.last or 0)}% · highest {math.floor(series.highest or 0)}%"
    if series.resets and display_width(label) + len(facts) + 14 <= width:
        facts += " · ┴ reset"
    free = width - display_width(label) - len(facts)
    if free < 2:
        shown = (
            label
            if display_width(label) <= width
            else layout.cut_parts([("plain", label)], width)[0][1]
        )
        return Text(shown, "bold")
    return Text.assemble((label, "bold"), " " * free, facts)


def _axis(series: Series, start: float, end: float, cells: int) -> Text:
    marks = {
        min(int((at - start) / (end - start) * cells), cells - 1)
        for at in series.resets
        if start <= at <= end
    }
    return _text(
        [
            ("  0% ", ""),
            ("└", "dim"),
            *(("┴", "bold") if cell in marks else ("─", "dim") for cell in range(cells)),
        ]
    )


def _text(parts: Iterable[tuple[str, str]]) -> Text:
    """Those parts, each `(text, style)`, with one escape for a run of one style."""
    runs = groupby(parts, key=itemgetter(1))
    return Text.assemble(*(("".join(part for part, _ in run), style) for style, run in runs))


def _labels(start: float, end: float, cells: int) -> Text:
    line = [" "] * (GUTTER + cells)
    free = 0
    for at, label in ticks(start, end, max(cells // TICK_CELLS, 1)):
        # The bar stands below the moment itself.
        place = GUTTER + min(int((at - start) / (end - start) * cells), cells - 1)
        text = "╵" + label
        if place >= free and place + len(text) <= len(line):
            line[place : place + len(text)] = text
            free = place + len(text) + 1
    return Text("".join(line).rstrip())
