"""Draw the heatmap: a row of cells for each day, a cell for each hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.history import heatmap
from usageline.cli.svg import FAINT, LINES, SHADES, TEXT_CELL_WIDTH, WIDTH, flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.history.heatmap import Row
    from usageline.cli.svg import Box, Drawing

LABEL_WIDTH, CELL_HEIGHT, HOURS_HEIGHT, LEGEND_HEIGHT = 90, 22, 18, 36
LEGEND = (
    (1, "to 5 %"),
    (2, "to 10 %"),
    (3, "to 20 %"),
    (4, "over 20 %"),
    (0, "nothing"),
    (None, "not known"),
)


def height(rows: Sequence[Row], width: float) -> int:
    """Return the pixels of the heatmap of that width, with its hours and its legend."""
    lines = 1 + max(line for _, line in _places(width))
    return HOURS_HEIGHT + CELL_HEIGHT * (len(rows) + lines - 1) + LEGEND_HEIGHT


def draw(drawing: Drawing, rows: Sequence[Row], left: float, top: float, width: float) -> None:
    """Draw a cell for each hour of each row, and the legend below."""
    cells, cell_width = left + LABEL_WIDTH, (width - LABEL_WIDTH) / 24
    step = 3 if cell_width > 2 * TEXT_CELL_WIDTH else 6
    for hour in range(0, 24, step):
        drawing.text(cells + hour * cell_width, top + 10, f"{hour:02}:00", fill=FAINT, font_size=12)
    y = top + HOURS_HEIGHT
    for day, use in rows:
        name = heatmap.day_name(day)
        drawing.text(left, y + 15, name, fill=FAINT, font_size=12)
        for hour in range(24):
            gap = 2 if cell_width > 2 * TEXT_CELL_WIDTH else 1
            cell = (cells + hour * cell_width, y, cell_width - gap, CELL_HEIGHT - gap)
            _draw_cell(drawing, cell, heatmap.level(use.get(hour)), _tip(name, hour, use.get(hour)))
        y += CELL_HEIGHT
    for (x, line), (level, words) in zip(_places(width), LEGEND, strict=True):
        below = y + line * CELL_HEIGHT
        _draw_cell(drawing, (left + x, below + 10, 16, 14), level)
        drawing.text(left + x + 22, below + 21, words, fill=FAINT, font_size=12)


def _places(width: float) -> list[tuple[float, int]]:
    """Return x and line of each entry of the legend; it begins below the cells if there is room."""
    start = LABEL_WIDTH if width > WIDTH / 2 else 0
    places = flow((52 + 7 * len(words) for _, words in LEGEND), width - start)
    return [(start + x, line) for x, line in places]


def _tip(day: str, hour: int, points: float | None) -> str:
    return "" if points is None else f"{day} {hour:02}:00: {points:.0f} % of the limit"


def _draw_cell(drawing: Drawing, box: Box, level: int | None, tip: str = "") -> None:
    if level is None:
        left, top, width, height = box
        outline = (left + 0.5, top + 0.5, width - 1, height - 1)
        drawing.box(outline, "none", rx=3, stroke=LINES)
    else:
        drawing.box(box, SHADES[level], tip, rx=3)
