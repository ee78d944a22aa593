"""The history as an SVG file: a panel for each limit, and the heatmap and the cost below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from usageline.cli import svg
from usageline.cli.history import cost_svg, heatmap
from usageline.cli.history.series import Point, Series, day_label, ticks
from usageline.core import windows
from usageline.core.text import display_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.cli.history.cost import Costs
    from usageline.cli.history.heatmap import HourlyUse, Row
    from usageline.cli.svg import Box, Color, Drawing

TITLE_HEIGHT = 30
AXIS_WIDTH, AXIS_HEIGHT = 50, 26
"""For the percentages left of a panel, and for the times below it."""

PANEL_HEIGHTS = {"session": 190}
OTHER_PANEL_HEIGHT = 120
MIN_QUARTERS_HEIGHT = 150
"""A panel of this height has a line at each quarter, a lower one at each half."""

TICK_WIDTH = 84
MAX_RESET_LINES = 48
"""More resets than this are short marks at the bottom, so that the curve stays visible."""

RESET_MARK_PERCENT = 7
BRIDGE_FILL = ".07"
BRIDGE_STROKE = {
    "stroke_opacity": ".55",
    "stroke_width": "1.6",
    "stroke_dasharray": "1 3",
    "stroke_linecap": "round",
}
"""Of the line through a gap, which is paler than one through readings."""

DOT = "  ·  "

COLORS = {"session": svg.SESSION, "weekly_all": svg.WEEKLY}
LABEL_WIDTH, CELL_HEIGHT, HOURS_HEIGHT, LEGEND_HEIGHT = 90, 22, 18, 36
HEATMAP_LEGEND = (
    (1, "to 5%"),
    (2, "to 10%"),
    (3, "to 20%"),
    (4, "over 20%"),
    (0, "nothing"),
    (None, "not known"),
)


class History(NamedTuple):
    """What the pictures show: the time from `start` to `end` in epoch seconds.

    `thresholds` are percentages with a line. `summary` has sentences. `cost_note` is the
    reason why there are no `costs`, "" if they are not wanted.
    """

    curves: Sequence[Series]
    use: HourlyUse
    start: float
    end: float
    thresholds: Sequence[int] = ()
    summary: Sequence[str] = ()
    costs: Costs | None = None
    cost_note: str = ""


def picture(history: History, *, dark: bool | None = None) -> bytes:
    """Return the file. With `dark` None, it has the colors that its reader prefers."""
    lines = svg.lines_of(history.summary)
    heights = [TITLE_HEIGHT + panel_height(series) + svg.SPACING for series in history.curves]
    rows = heatmap.rows(history.use)
    hours_height = heatmap_height(rows, svg.INNER_WIDTH)
    heights += [TITLE_HEIGHT + hours_height + svg.SPACING] if rows else []
    costs, note = history.costs, history.cost_note
    content = sum(heights) + cost_svg.section_height(costs, note, svg.INNER_WIDTH)
    span = span_text(history.start, history.end)
    drawing, top = svg.picture("Plan usage", span, lines, content, dark=dark)
    for series, color, height in zip(history.curves, colors(history.curves), heights, strict=False):
        drawing.key(svg.MARGIN, top + 5, color, series.name, font_size=14, font_weight=600)
        words = {"fill": svg.FAINT, "text_anchor": "end"}
        drawing.text(svg.MARGIN + svg.INNER_WIDTH, top + 16, facts(series), **words)
        box = (svg.MARGIN, top + TITLE_HEIGHT, svg.INNER_WIDTH, panel_height(series))
        draw_panel(drawing, series, color, history, box)
        top += height
    if rows:
        drawing.text(svg.MARGIN, top + 16, heatmap.title(rows), font_size=14, font_weight=600)
        draw_heatmap(drawing, rows, (svg.MARGIN, top + TITLE_HEIGHT, svg.INNER_WIDTH, hours_height))
        top += heights[-1]
    cost_svg.draw_section(drawing, costs, note, (svg.MARGIN, top, svg.INNER_WIDTH))
    return drawing.as_bytes()


def panel_height(series: Series) -> int:
    """Return the pixels of a panel, with its time axis."""
    return PANEL_HEIGHTS.get(series.kind, OTHER_PANEL_HEIGHT)


def colors(curves: Sequence[Series]) -> list[Color]:
    """Return the color of each curve."""
    others = iter(svg.OTHERS * len(curves))
    return [COLORS.get(series.kind) or next(others) for series in curves]


def span_text(start: float, end: float) -> str:
    """Return `Tue 24 Nov – Tue 1 Dec, local time`."""
    return f"{_date(start)} – {_date(end)}, local time"


def facts(series: Series) -> str:
    """Return the last and the highest percentage, and the meaning of the marks."""
    texts = [
        f"last {math.floor(series.last or 0)}%",
        f"highest {math.floor(series.highest or 0)}%",
    ]
    texts += ["┆ reset"] if series.resets else []
    texts += ["┈ no readings"] if series.bridges else []
    return DOT.join(texts)


def _date(timestamp: float) -> str:
    """Return `Tue 24 Nov`."""
    return f"{day_label(timestamp)} {day_label(timestamp, weekday=False).split()[1]}"


def draw_panel(drawing: Drawing, series: Series, color: Color, history: History, box: Box) -> None:
    """Draw percent over time inside `box`, with the labels of the axes left and below."""
    start, end = history.start, history.end
    left, top, width, height = (
        box[0] + AXIS_WIDTH,
        box[1] + 6,
        box[2] - AXIS_WIDTH,
        box[3] - AXIS_HEIGHT - 6,
    )
    bottom = top + height
    scale = max(100, math.ceil(series.highest or 0))  # usage can exceed 100%
    pixel_s = (end - start) / width

    def x(timestamp: float) -> float:
        return left + min(max((timestamp - start) / (end - start), 0), 1) * width

    def y(percent: float) -> float:
        return bottom - percent / scale * height

    percentages = (25, 50, 75, 100) if height + AXIS_HEIGHT >= MIN_QUARTERS_HEIGHT else (50, 100)
    marks = ticks(start, end, max(int(width // TICK_WIDTH), 1))
    grid = [((left, y(percent)), (left + width, y(percent))) for percent in percentages]
    grid += [((x(timestamp), top), (x(timestamp), bottom)) for timestamp, _ in marks]
    drawing.paths(grid, stroke=svg.LINES)
    for percent in (0, *percentages):
        drawing.label(left - 6, y(percent) + 4, f"{percent}%", text_anchor="end")
    for timestamp, text in marks:
        half = display_width(text) * svg.TEXT_CELL_WIDTH / 2
        middle = min(max(x(timestamp), left + half), left + width - half)
        drawing.label(middle, bottom + 18, text, text_anchor="middle")

    resets = [timestamp for timestamp in series.resets if start <= timestamp <= end]
    tip = y(100 if len(resets) <= MAX_RESET_LINES else RESET_MARK_PERCENT)
    drawing.paths(
        (((x(timestamp), bottom), (x(timestamp), tip)) for timestamp in resets),
        stroke=svg.MARK,
        stroke_dasharray="2 3",
    )

    def draw(lines: Iterable[Sequence[Point]], **attributes: object) -> None:
        drawing.paths(
            ([(x(timestamp), y(percent)) for timestamp, percent in line] for line in lines),
            **attributes,
        )

    draw(map(_outline, series.bridges), fill=color, fill_opacity=BRIDGE_FILL)
    draw(series.bridges, fill="none", stroke=color, **BRIDGE_STROKE)
    pieces = [_visible(piece, pixel_s) for piece in series.pieces]
    draw(map(_outline, pieces), fill=color, fill_opacity=".2")
    draw(pieces, fill="none", stroke=color, stroke_width="1.6", stroke_linejoin="round")
    for percent in history.thresholds:
        drawing.paths(
            [((left, y(percent)), (left + width, y(percent)))],
            stroke=svg.CRITICAL if percent >= windows.CRITICAL_PERCENT else svg.WARNING,
            stroke_dasharray="6 4",
        )
    drawing.paths([((left, bottom), (left + width, bottom))], stroke=svg.MARK)


def _visible(piece: Sequence[Point], pixel_s: float) -> Sequence[Point]:
    """Return the curve. A single reading becomes two pixels wide, so that it is visible."""
    if len(piece) > 1:
        return piece
    ((timestamp, percent),) = piece
    return (timestamp - pixel_s, percent), (timestamp + pixel_s, percent)


def _outline(line: Sequence[Point]) -> list[Point]:
    """Return the area below the curve."""
    return [(line[0][0], 0), *line, (line[-1][0], 0)]


def heatmap_height(rows: Sequence[Row], width: float) -> int:
    """Return the pixels of the heatmap of that width, with its hours and its legend."""
    lines = 1 + max(line for _, line in _legend_places(width))
    return HOURS_HEIGHT + CELL_HEIGHT * (len(rows) + lines - 1) + LEGEND_HEIGHT


def draw_heatmap(drawing: Drawing, rows: Sequence[Row], box: Box) -> None:
    """Draw a cell for each hour of each row inside `box`, and the legend below."""
    left, top, width, _ = box
    cells, cell_width = left + LABEL_WIDTH, (width - LABEL_WIDTH) / 24
    step = 3 if cell_width > 2 * svg.TEXT_CELL_WIDTH else 6
    for hour in range(0, 24, step):
        drawing.label(cells + hour * cell_width, top + 10, f"{hour:02}:00")
    y = top + HOURS_HEIGHT
    for day, use in rows:
        name = heatmap.day_name(day)
        drawing.label(left, y + 15, name)
        for hour in range(24):
            gap = 2 if cell_width > 2 * svg.TEXT_CELL_WIDTH else 1
            cell = (cells + hour * cell_width, y, cell_width - gap, CELL_HEIGHT - gap)
            points = use.get(hour)
            tip = "" if points is None else f"{name} {hour:02}:00: {points:.0f}% of the limit"
            _draw_cell(drawing, cell, heatmap.level(points), tip)
        y += CELL_HEIGHT
    for (x, line), (level, words) in zip(_legend_places(width), HEATMAP_LEGEND, strict=True):
        below = y + line * CELL_HEIGHT
        _draw_cell(drawing, (left + x, below + 10, 16, 14), level)
        drawing.label(left + x + 22, below + 21, words)


def _legend_places(width: float) -> list[tuple[float, int]]:
    """Return x and line of each entry of the legend; it begins below the cells if there is room."""
    start = LABEL_WIDTH if width > svg.WIDTH / 2 else 0
    places = svg.flow((52 + 7 * len(words) for _, words in HEATMAP_LEGEND), width - start)
    return [(start + x, line) for x, line in places]


def _draw_cell(drawing: Drawing, box: Box, level: int | None, tip: str = "") -> None:
    if level is None:
        left, top, width, height = box
        outline = (left + 0.5, top + 0.5, width - 1, height - 1)
        drawing.box(outline, "none", rx=3, stroke=svg.LINES)
    else:
        drawing.box(box, svg.SHADES[level], tip, rx=3)
