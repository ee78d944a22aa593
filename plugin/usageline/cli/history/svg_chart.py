"""The history as an SVG file: a panel for each limit, and the heatmap below.

The file refers to no other file or address and contains no script.
"""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

from usageline import __version__
from usageline.cli.history import heatmap
from usageline.cli.history.ticks import day_label, ticks
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.cli.history.heatmap import HourlyUse, Row
    from usageline.cli.history.series import Point, Series

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""

PAPER, INK, FAINT, LINES, MARK = "#ffffff", "#1f2328", "#656d76", "#d8dee4", "#8c959f"
"""The picture has its own background, so that it is legible on a page of any color."""

FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', "
    "'DejaVu Sans', 'Liberation Sans', Ubuntu, Cantarell, 'Open Sans', FreeSans, Arial, sans-serif"
)
"""A browser needs only the last. The PNG renderer has no generic families and needs the others."""

WIDTH, MARGIN = 960, 24
HEADER_HEIGHT, FOOTER_HEIGHT, SPACING = 76, 16, 14
TITLE_HEIGHT = 30
AXIS_WIDTH, AXIS_HEIGHT = 50, 26
"""For the percentages left of a panel, and for the times below it."""

PANEL_WIDTH = WIDTH - 2 * MARGIN - AXIS_WIDTH

PANEL_HEIGHTS = {"session": 190}
OTHER_PANEL_HEIGHT = 120
MIN_QUARTERS_HEIGHT = 150
"""A panel of this height has a line at each quarter, a lower one at each half."""

TICK_WIDTH = 84
MAX_RESET_LINES = 48
"""More resets than this are short marks at the bottom, so that the curve stays visible."""

RESET_MARK_PERCENT = 7

LABEL_WIDTH, CELL_HEIGHT, HOURS_HEIGHT, LEGEND_HEIGHT = 90, 22, 18, 36

COLORS = {"session": "#0969da", "weekly_all": "#8250df"}
OTHER_COLORS = ("#bf3989", "#1b7c83", "#9a6700", "#57606a")
SHADES = ("#eef1f4", "#c6e0ff", "#80b8ff", "#2f81f7", "#cf222e")
"""By level. The highest has another hue: at that rate the limit does not last."""

LEGEND = (
    (1, "to 5 %"),
    (2, "to 10 %"),
    (3, "to 20 %"),
    (4, "over 20 %"),
    (0, "nothing"),
    (None, "not known"),
)


def svg(curves: Sequence[Series], use: HourlyUse, start: float, end: float) -> bytes:
    """Return the file for the time from `start` to `end` (epoch seconds)."""
    heights = [PANEL_HEIGHTS.get(series.kind, OTHER_PANEL_HEIGHT) for series in curves]
    rows = heatmap.rows(use)
    height = HEADER_HEIGHT + sum(heights) + (TITLE_HEIGHT + SPACING) * len(curves) + FOOTER_HEIGHT
    if rows:
        height += TITLE_HEIGHT + HOURS_HEIGHT + CELL_HEIGHT * len(rows) + LEGEND_HEIGHT
    drawing = Drawing(WIDTH, height, "Plan usage")
    drawing.text(MARGIN, 38, "Plan usage", font_size=20, font_weight=600)
    drawing.text(MARGIN, 60, f"{_date(start)} – {_date(end)}, local time", fill=FAINT)
    drawing.text(WIDTH - MARGIN, 38, f"usageline {__version__}", fill=FAINT, text_anchor="end")
    top, other_colors = HEADER_HEIGHT, iter(OTHER_COLORS * len(curves))
    for series, panel_height in zip(curves, heights, strict=True):
        color = COLORS.get(series.kind) or next(other_colors)
        _draw_title(drawing, series, top, color)
        box = (
            MARGIN + AXIS_WIDTH,
            top + TITLE_HEIGHT + 6,
            PANEL_WIDTH,
            panel_height - AXIS_HEIGHT - 6,
        )
        _draw_panel(drawing, series, color, (start, end), box)
        top += TITLE_HEIGHT + panel_height + SPACING
    if rows:
        _draw_heatmap(drawing, rows, top)
    return drawing.as_bytes()


class Drawing:
    """An SVG file of `width` and `height` in pixels. `title` is its text for screen readers.

    In the names of extra attributes, underscores stand for hyphens (`font_size`).
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self._root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "width": str(width),
                "height": str(height),
                "viewBox": f"0 0 {width} {height}",
                "font-family": FONTS,
                "font-size": "13",
            },
        )
        self._add("title", {}).text = title
        self.box((0.5, 0.5, width - 1, height - 1), PAPER, rx=10, stroke=LINES)

    def box(self, box: Box, fill: str, **attributes: object) -> None:
        """Add a filled box."""
        sides = zip(("x", "y", "width", "height"), box, strict=True)
        self._add("rect", {side: f"{value:g}" for side, value in sides}, fill=fill, **attributes)

    def text(self, x: float, y: float, text: str, **attributes: object) -> None:
        """Add a line of text whose baseline starts at `x`, `y`."""
        position = {"x": f"{x:.4g}", "y": f"{y:g}"}
        self._add("text", position, **{"fill": INK, **attributes}).text = text

    def paths(self, lines: Iterable[Sequence[Point]], **attributes: object) -> None:
        """Add one element that draws each of `lines` through its points."""
        data = "".join(
            "M" + "L".join(point for point, _ in groupby(f"{x:.1f} {y:.1f}" for x, y in line))
            for line in lines
        )
        if data:
            self._add("path", {"d": data}, **attributes)

    def as_bytes(self) -> bytes:
        """Return the content of the file."""
        text: str = ET.tostring(self._root, "unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()

    def _add(self, tag: str, required: dict[str, str], **attributes: object) -> ET.Element:
        extra = {name.replace("_", "-"): str(value) for name, value in attributes.items()}
        return ET.SubElement(self._root, tag, required | extra)


def _date(timestamp: float) -> str:
    """Return `Tue 24 Nov`."""
    return f"{day_label(timestamp)} {day_label(timestamp, weekday=False).split()[1]}"


def _draw_title(drawing: Drawing, series: Series, top: int, color: str) -> None:
    drawing.box((MARGIN, top + 5, 12, 12), color, rx=3)
    drawing.text(MARGIN + 20, top + 16, sanitize(series.label), font_size=14, font_weight=600)
    facts = f"last {math.floor(series.last or 0)} %  ·  highest {math.floor(series.highest or 0)} %"
    reset = "  ·  ┆ reset" if series.resets else ""
    drawing.text(WIDTH - MARGIN, top + 16, facts + reset, fill=FAINT, text_anchor="end")


def _draw_panel(
    drawing: Drawing, series: Series, color: str, span: tuple[float, float], box: Box
) -> None:
    """Draw percent over time inside `box`, and the labels of its axes left of it and below it."""
    (start, end), (left, top, width, height) = span, box
    bottom = top + height
    scale = max(100, math.ceil(series.highest or 0))  # usage can exceed 100 %
    pixel_s = (end - start) / width

    def x(timestamp: float) -> float:
        return left + min(max((timestamp - start) / (end - start), 0), 1) * width

    def y(percent: float) -> float:
        return bottom - percent / scale * height

    percentages = (25, 50, 75, 100) if height + AXIS_HEIGHT >= MIN_QUARTERS_HEIGHT else (50, 100)
    marks = ticks(start, end, int(width // TICK_WIDTH))
    grid = [((left, y(percent)), (left + width, y(percent))) for percent in percentages]
    grid += [((x(timestamp), top), (x(timestamp), bottom)) for timestamp, _ in marks]
    drawing.paths(grid, stroke=LINES)
    for percent in (0, *percentages):
        label = {"fill": FAINT, "font_size": 12, "text_anchor": "end"}
        drawing.text(left - 6, y(percent) + 4, f"{percent} %", **label)
    for timestamp, text in marks:
        label = {"fill": FAINT, "font_size": 12, "text_anchor": "middle"}
        drawing.text(x(timestamp), bottom + 18, text, **label)

    resets = [timestamp for timestamp in series.resets if start <= timestamp <= end]
    tip = y(100 if len(resets) <= MAX_RESET_LINES else RESET_MARK_PERCENT)
    drawing.paths(
        (((x(timestamp), bottom), (x(timestamp), tip)) for timestamp in resets),
        stroke=MARK,
        stroke_dasharray="2 3",
    )
    drawing.paths(
        (
            [(x(timestamp), y(percent)) for timestamp, percent in _outline(piece, pixel_s)]
            for piece in series.pieces
        ),
        fill=color,
        fill_opacity=".2",
        stroke=color,
        stroke_width="1.6",
        stroke_linejoin="round",
    )
    drawing.paths([((left, bottom), (left + width, bottom))], stroke=MARK)


def _outline(piece: Sequence[Point], pixel_s: float) -> list[Point]:
    """Return the curve with a line from 0 at its start and to 0 at its end.

    A single reading becomes two pixels wide, so that it is visible.
    """
    (first, percent), (last, last_percent) = piece[0], piece[-1]
    if len(piece) == 1:
        first, last = first - pixel_s, last + pixel_s
    return [(first, 0), (first, percent), *piece[1:-1], (last, last_percent), (last, 0)]


def _draw_heatmap(drawing: Drawing, rows: list[Row], top: int) -> None:
    left, width = MARGIN + LABEL_WIDTH, (WIDTH - 2 * MARGIN - LABEL_WIDTH) / 24
    drawing.text(MARGIN, top + 16, heatmap.title(rows), font_size=14, font_weight=600)
    for hour in range(0, 24, 3):
        label_y = top + TITLE_HEIGHT + 10
        drawing.text(left + hour * width, label_y, f"{hour:02}:00", fill=FAINT, font_size=12)
    y = top + TITLE_HEIGHT + HOURS_HEIGHT
    for day, use in rows:
        drawing.text(MARGIN, y + 15, heatmap.day_name(day), fill=FAINT, font_size=12)
        for hour in range(24):
            cell = (left + hour * width, y, width - 2, CELL_HEIGHT - 2)
            _draw_cell(drawing, cell, heatmap.level(use.get(hour)))
        y += CELL_HEIGHT
    for level, words in LEGEND:
        _draw_cell(drawing, (left, y + 10, 16, 14), level)
        drawing.text(left + 22, y + 21, words, fill=FAINT, font_size=12)
        left += 52 + 7 * len(words)


def _draw_cell(drawing: Drawing, box: Box, level: int | None) -> None:
    if level is None:
        left, top, width, height = box
        outline = (left + 0.5, top + 0.5, width - 1, height - 1)
        drawing.box(outline, "none", rx=3, stroke=LINES)
    else:
        drawing.box(box, SHADES[level], rx=3)
