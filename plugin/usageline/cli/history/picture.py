"""The same as an SVG file: a panel for each limit, and the heatmap below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.cli.history import heat
from usageline.cli.history.drawing import FAINT, LINES, Box, Drawing
from usageline.cli.history.hours import level, rows
from usageline.cli.history.panel import panel
from usageline.cli.history.ticks import day_label
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.history.hours import Hours, Row
    from usageline.cli.history.series import Series

WIDTH, MARGIN = 960, 24
HEAD, FOOT, BETWEEN = 76, 16, 14
TITLE = 30
"""Above a panel, and above the heatmap."""

HEIGHTS = {"session": 190}
OTHER_HEIGHT = 120

LABEL_WIDTH, CELL_HEIGHT, HOURS_HEIGHT, LEGEND_HEIGHT = 90, 22, 18, 36

COLOURS = {"session": "#0969da", "weekly_all": "#8250df"}
OTHER_COLOURS = ("#bf3989", "#1b7c83", "#9a6700", "#57606a")
SHADES = ("#eef1f4", "#c6e0ff", "#80b8ff", "#2f81f7", "#cf222e")
"""Of the heatmap's levels; the last one is another colour: at that pace the limit does not last."""

LEGEND = (
    (1, "to 5 %"),
    (2, "to 10 %"),
    (3, "to 20 %"),
    (4, "over 20 %"),
    (0, "nothing"),
    (None, "not known"),
)


def svg(series: Sequence[Series], found: Hours, start: float, end: float) -> bytes:
    """The picture of that time (epoch seconds), as a whole file."""
    heights = [HEIGHTS.get(one.kind, OTHER_HEIGHT) for one in series]
    shown = rows(found)
    below = TITLE + HOURS_HEIGHT + CELL_HEIGHT * len(shown) + LEGEND_HEIGHT if shown else 0
    drawing = Drawing(WIDTH, HEAD + sum(heights) + (TITLE + BETWEEN) * len(series) + below + FOOT)
    drawing.title("Plan usage")
    drawing.text(MARGIN, 38, "Plan usage", font_size=20, font_weight=600)
    drawing.text(MARGIN, 60, f"{_day(start)} – {_day(end)}, local time", fill=FAINT)
    drawing.text(WIDTH - MARGIN, 38, f"usageline {__version__}", fill=FAINT, text_anchor="end")
    top, others = HEAD, iter(OTHER_COLOURS * len(series))
    for one, height in zip(series, heights, strict=True):
        colour = COLOURS.get(one.kind) or next(others)
        _head(drawing, one, top, colour)
        size = (WIDTH - 2 * MARGIN, height)
        drawing.embed(panel(one, colour, (start, end), size), (MARGIN, top + TITLE, *size))
        top += TITLE + height + BETWEEN
    if shown:
        _heatmap(drawing, shown, top)
    return drawing.as_bytes()


def _day(at: float) -> str:
    return f"{day_label(at)} {day_label(at, weekday=False).split()[1]}"


def _head(drawing: Drawing, series: Series, top: int, colour: str) -> None:
    drawing.box((MARGIN, top + 5, 12, 12), colour, rx=3)
    drawing.text(MARGIN + 20, top + 16, sanitize(series.label), font_size=14, font_weight=600)
    facts = f"last {math.floor(series.last or 0)} %  ·  highest {math.floor(series.highest or 0)} %"
    reset = "  ·  ┆ reset" if series.resets else ""
    drawing.text(WIDTH - MARGIN, top + 16, facts + reset, fill=FAINT, text_anchor="end")


def _heatmap(drawing: Drawing, shown: list[Row], top: int) -> None:
    left, width = MARGIN + LABEL_WIDTH, (WIDTH - 2 * MARGIN - LABEL_WIDTH) / 24
    drawing.text(MARGIN, top + 16, heat.title(shown), font_size=14, font_weight=600)
    for hour in range(0, 24, 3):
        drawing.text(
            left + hour * width, top + TITLE + 10, f"{hour:02}:00", fill=FAINT, font_size=12
        )
    at = top + TITLE + HOURS_HEIGHT
    for day, used in shown:
        drawing.text(MARGIN, at + 15, heat.day_name(day), fill=FAINT, font_size=12)
        for hour in range(24):
            _cell(
                drawing,
                (left + hour * width, at, width - 2, CELL_HEIGHT - 2),
                level(used.get(hour)),
            )
        at += CELL_HEIGHT
    for number, words in LEGEND:
        _cell(drawing, (left, at + 10, 16, 14), number)
        drawing.text(left + 22, at + 21, words, fill=FAINT, font_size=12)
        left += 52 + 7 * len(words)


def _cell(drawing: Drawing, place: Box, shade: int | None) -> None:
    if shade is None:
        drawing.box(
            (place[0] + 0.5, place[1] + 0.5, place[2] - 1, place[3] - 1), "none", rx=3, stroke=LINES
        )
    else:
        drawing.box(place, SHADES[shade], rx=3)
