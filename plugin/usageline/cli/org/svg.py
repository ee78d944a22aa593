"""An organization's report as a picture: a bar for each row, in pieces by model."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from usageline import __version__
from usageline.cli.fitting import broken
from usageline.cli.org.overview import percent
from usageline.cli.org.reading import overview
from usageline.cli.svg import (
    FAINT,
    LINES,
    MARK,
    OTHERS,
    PAPER,
    SESSION,
    WEEKLY,
    Color,
    Drawing,
)
from usageline.core.text import display_width, sanitize
from usageline.line.layout import cut_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.cli.org.overview import Entry, Overview
    from usageline.usage.org.model import Report

WIDTH, MARGIN = 960, 24
HEADER_HEIGHT, FOOTER_HEIGHT = 82, 20
LINE_HEIGHT = 20
ROW_HEIGHT, TALL_ROW_HEIGHT, BAR_HEIGHT = 28, 46, 14
LEGEND_HEIGHT = 34
NAME_WIDTH, COST_WIDTH, SHARE_WIDTH = 220, 150, 48
"""The cost has the share on its right."""

MIN_ONE_LINE_WIDTH = 640
"""In a narrower chart, the name and the cost of a row are above its bar."""

MAX_ROWS = 200
"""More rows make a picture that no program shows well."""

CELL_WIDTH = 7.4
"""Pixels of a column of text, about."""

MODEL_COLORS = (SESSION, WEEKLY, *OTHERS[:3])
OTHER_MODELS = "other models"
REST_COLORS = (OTHERS[3], MARK)
"""Of the other models, and of a cost that has no model."""


class Piece(NamedTuple):
    """A part of a bar, from 0 to 1 of the longest one."""

    start: float
    length: float
    color: Color
    tip: str


def draw(report: Report, top: int | None) -> str:
    """Return the file, in the colors that its reader prefers."""
    shown = for_picture(report, top)
    notes = (
        [f"total {shown.total_words}", *shown.notes] if shown.rows else ["no usage in these days"]
    )
    cells = int((WIDTH - 2 * MARGIN) / CELL_WIDTH)
    lines = [line for note in notes for line in broken(sanitize(note), cells)]
    chart_top = HEADER_HEIGHT + LINE_HEIGHT * len(lines) + 4
    width = WIDTH - 2 * MARGIN
    height = chart_top + chart_height(shown, width) + FOOTER_HEIGHT
    drawing = Drawing(WIDTH, height, title(shown), dark=None)
    drawing.follow_reader()
    drawing.box((0.5, 0.5, WIDTH - 1, height - 1), PAPER, rx=10, stroke=LINES)
    drawing.text(MARGIN, 38, title(shown), font_size=20, font_weight=600)
    drawing.text(MARGIN, 60, shown.span, fill=FAINT)
    drawing.text(WIDTH - MARGIN, 38, f"usageline {__version__}", fill=FAINT, text_anchor="end")
    for number, line in enumerate(lines):
        drawing.text(MARGIN, HEADER_HEIGHT + 6 + LINE_HEIGHT * number, line)
    draw_chart(drawing, shown, MARGIN, chart_top, width)
    return drawing.as_bytes().decode()


def for_picture(report: Report, top: int | None) -> Overview:
    """Return what a picture shows, with a number of rows that it has room for."""
    return overview(report, None if top is None else min(top, MAX_ROWS))


def title(shown: Overview) -> str:
    """Return the heading of picture and page."""
    return f"Cost by {shown.unit}"


def chart_height(shown: Overview, width: float) -> float:
    """Return the pixels of the chart of that width."""
    rows = len(shown.rows) * (ROW_HEIGHT if width >= MIN_ONE_LINE_WIDTH else TALL_ROW_HEIGHT)
    legend = _legend(colors(shown), 0, width)
    return rows + (LEGEND_HEIGHT + legend[-1][1] if legend else 0)


def colors(shown: Overview) -> dict[str, Color]:
    """Return a color for each of the models that cost the most; the others share one."""
    sums: dict[str, Decimal] = {}
    for entry in shown.rows:
        for name, cost in entry.models:
            sums[name] = sums.get(name, Decimal(0)) + cost
    order = sorted(sums, key=lambda name: (-sums[name], name))
    result = dict(zip(order, MODEL_COLORS, strict=False))
    if len(order) > len(MODEL_COLORS):
        result[OTHER_MODELS] = REST_COLORS[0]
    return result


def draw_chart(drawing: Drawing, shown: Overview, left: float, top: float, width: float) -> None:
    """Draw a bar for each row, and the legend of the models below."""
    palette = colors(shown)
    longest = max((entry.cost or Decimal(0) for entry in shown.rows), default=Decimal(0))
    one_line = width >= MIN_ONE_LINE_WIDTH
    y = float(top)
    for entry in shown.rows:
        if one_line:
            bar = (left + NAME_WIDTH, y + 4, width - NAME_WIDTH - COST_WIDTH, BAR_HEIGHT)
            name_width, baseline = NAME_WIDTH - 10.0, y + 16
        else:
            bar = (left, y + 20, width, BAR_HEIGHT)
            name_width, baseline = width - COST_WIDTH, y + 14
        drawing.text(left, baseline, fit(entry.label, name_width))
        cost_end = left + width - SHARE_WIDTH
        drawing.text(cost_end, baseline, shown.money(entry.cost), text_anchor="end")
        share = percent(entry.share(shown.total.cost))
        drawing.text(left + width, baseline, share, text_anchor="end", fill=FAINT)
        _draw_bar(drawing, bar, pieces(entry, shown, longest, palette))
        y += ROW_HEIGHT if one_line else TALL_ROW_HEIGHT
    for x, below, name, color in _legend(palette, left, width):
        drawing.box((x, y + 10 + below, 12, 12), color, rx=3)
        drawing.text(x + 18, y + 21 + below, fit(name, width - 40), fill=FAINT, font_size=12)


def pieces(
    entry: Entry, shown: Overview, longest: Decimal, palette: Mapping[str, Color]
) -> list[Piece]:
    """Return the parts of a row's bar: one for each model, and one for what has no model."""
    if not entry.cost or entry.cost < 0 or not longest:
        return []
    order = list(palette)
    parts = sorted(
        ((name, cost) for name, cost in entry.models if cost > 0),
        key=lambda part: order.index(part[0]) if part[0] in palette else len(order),
    )
    total = max(sum((cost for _, cost in parts), Decimal(0)), entry.cost)
    if rest := total - sum((cost for _, cost in parts), Decimal(0)):
        parts.append(("", rest))
    scale = float(entry.cost / longest)
    result, start = [], 0.0
    for name, cost in parts:
        length = float(cost / total) * scale
        color = palette.get(name, REST_COLORS[0]) if name else REST_COLORS[1]
        tip = ": ".join(filter(None, [entry.label, f"{name} {shown.money(cost)}".strip()]))
        result.append(Piece(start, length, color, tip))
        start += length
    return result


def _draw_bar(
    drawing: Drawing, box: tuple[float, float, float, float], parts: Sequence[Piece]
) -> None:
    left, top, width, height = box
    drawing.box(box, LINES, rx=3, fill_opacity=".5")
    for part in parts:
        size = max(part.length * width, 1.0)
        drawing.box((left + part.start * width, top, size, height), part.color, part.tip)


def _legend(
    palette: Mapping[str, Color], left: float, width: float
) -> list[tuple[float, float, str, Color]]:
    """Return x, y, name and color of each model, on as many lines as they need."""
    entries: list[tuple[float, float, str, Color]] = []
    x, y = left, 0.0
    for name, color in palette.items():
        taken = 40 + CELL_WIDTH * display_width(sanitize(name))
        if x > left and x + taken > left + width:
            x, y = left, y + LINE_HEIGHT
        entries.append((x, y, name, color))
        x += taken
    return entries


def fit(text: str, width: float) -> str:
    """Return sanitized text that takes at most `width` pixels, with an ellipsis if it is cut."""
    clean, cells = sanitize(text), max(int(width / CELL_WIDTH), 2)
    if display_width(clean) <= cells:
        return clean
    return "".join(part[1] for part in cut_parts([("", clean)], cells))
