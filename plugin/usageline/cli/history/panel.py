"""One limit's panel of the picture: percent over time, drawn by pygal."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from usageline.cli.history.drawing import FAINT, FONTS, LINES, MARK
from usageline.cli.history.ticks import ticks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.cli.history.series import Point, Series

# pygal leaves an import hook behind, for chart types that others add; of a form that Python 3.10 and 3.11 warn of at each later import.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if not type(finder).__module__.startswith("pygal")
]

HIGH = 150
"""A panel of so many pixels has room for a line at each quarter."""

TICK_WIDTH = 84
MOST_LINES = 48
"""More resets than this are ticks at the foot of the panel, not lines across it."""

MARGINS = {"margin_left": 4, "margin_right": 4, "margin_top": 6, "margin_bottom": 4}


def panel(
    series: Series, colour: str, span: tuple[float, float], size: tuple[int, int]
) -> ET.Element:
    """An `svg` element of `size` (width and height in pixels) for the time `span` (from and to, epoch seconds)."""
    (start, end), (width, height) = span, size
    marks = dict(ticks(start, end, width // TICK_WIDTH))
    chart = pygal.XY(
        style=_style(colour),
        js=[],
        width=width,
        height=height,
        range=(0, max(100, math.ceil(series.highest or 0))),  # use can pass 100
        xrange=span,
        show_legend=False,
        show_dots=False,
        show_x_guides=True,
        allow_interruptions=True,
        x_value_formatter=marks.get,
        value_formatter=lambda percent: f"{percent:.0f} %",
        **MARGINS,
    )
    chart.uuid = f"{colour[1:]}-{height}"  # its own would be another one each time
    chart.y_labels = [0, 25, 50, 75, 100] if height >= HIGH else [0, 50, 100]
    chart.x_labels = list(marks)
    chart.add(
        "area",
        _broken(_grounded(piece, (end - start) / width) for piece in series.pieces),
        fill=True,
    )
    resets = [at for at in series.resets if start <= at <= end]
    tip = 100.0 if len(resets) <= MOST_LINES else 7.0
    chart.add(
        "reset",
        _broken([(at, 0.0), (at, tip)] for at in resets),
        stroke_style={"width": 1, "dasharray": "2, 3"},
    )
    drawn: ET.Element = chart.render_tree()
    _strip(drawn)
    return drawn


def _grounded(piece: tuple[Point, ...], pixel: float) -> list[Point]:
    """The outline of the area under a piece: pygal would close one with gaps in it straight across. One reading alone is two pixels wide."""
    points = (
        piece
        if len(piece) > 1
        else ((piece[0][0] - pixel, piece[0][1]), (piece[0][0] + pixel, piece[0][1]))
    )
    return [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]


def _broken(pieces: Iterable[list[Point]]) -> list[tuple[float | None, float | None]]:
    """One list of points with a break after each piece."""
    return [point for piece in pieces for point in (*piece, (None, None))]


def _strip(drawn: ET.Element) -> None:
    """Take out what tells of the day and the machine, and what would run."""
    for parent in list(drawn.iter()):
        for child in list(parent):
            if child.tag in {"script", "title", ET.Comment}:
                parent.remove(child)


def _style(colour: str) -> Style:
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=FAINT,
        foreground_strong=FAINT,
        foreground_subtle=LINES,
        font_family=FONTS,
        label_font_size=12,
        major_label_font_size=12,
        opacity=".22",
        stroke_opacity="1",
        stroke_width="1.6",
        guide_stroke_color=LINES,
        major_guide_stroke_color=LINES,
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
        transition="0s",
        colors=(colour, MARK),
    )
