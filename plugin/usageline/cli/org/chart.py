"""An organization's report as a picture and as an HTML page: a bar for each row, by model.

The page has the sums, the chart, and a table of all rows. It has the style and the policy of the
history's page: no script, and no other address.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from usageline.cli.formatting import capitalized, cut
from usageline.cli.org.overview import overview
from usageline.cli.org.wording import digits
from usageline.cli.page import TableRow, at_each_width, details, document, escaped, list_of, table
from usageline.cli.svg import (
    FAINT,
    INNER_WIDTH,
    KEY_ROOM,
    LINES,
    MARGIN,
    MARK,
    MODEL_COLORS,
    OTHERS,
    TEXT_CELL_WIDTH,
    Color,
    Drawing,
    Legend,
    lines_of,
    picture,
)
from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.cli.org.overview import Entry, Overview
    from usageline.usage.org.model import Report

ROW_HEIGHT, TALL_ROW_HEIGHT, BAR_HEIGHT = 28, 46, 14
LEGEND_SPACING = 14
NAME_WIDTH, COST_WIDTH, SHARE_WIDTH = 220, 150, 48
"""The cost has the share on its right."""

MIN_ONE_LINE_WIDTH = 640
"""In a narrower chart, the name and the cost of a row are above its bar."""

MAX_ROWS = 200
"""More rows make a picture that no program shows well."""

WIDE_LETTERS = frozenset("MWmw@%")
"""These take about two columns of text."""

OTHER_MODELS = "other models"
REST_COLORS = (OTHERS[3], MARK)
"""Of the other models, and of a cost that has no model."""

NUMBERS = (
    *("Cost", "List price", "Share", "Input", "Output", "Cache write", "Cache read"),
    "Requests",
)
MAX_OPEN_ROWS = 20
"""A longer table is closed until its reader opens it."""


class Piece(NamedTuple):
    """A part of a bar, from 0 to 1 of the longest one."""

    start: float
    length: float
    color: Color
    tip: str


def draw(report: Report, top: int | None) -> str:
    """Return the file, in the colors that its reader prefers."""
    shown = for_picture(report, top)
    notes = [shown.summary, *(shown.notes if shown.rows else [])]
    content = chart_height(shown, INNER_WIDTH)
    drawing, chart_top = picture(title(shown), shown.span, lines_of(notes), content, dark=None)
    draw_chart(drawing, shown, MARGIN, chart_top, INNER_WIDTH)
    return drawing.as_bytes().decode()


def page(report: Report, top: int | None) -> str:
    """Return the page, in the colors that its reader prefers."""
    shown = for_picture(report, top)
    parts = list_of("Summary", map(capitalized, (shown.summary, *shown.notes)))
    if shown.rows:
        parts += [_chart(shown), _table(shown)]
    return document(title(shown), shown.span, parts).decode()


def for_picture(report: Report, top: int | None) -> Overview:
    """Return what a picture shows, with a number of rows that it has room for."""
    return overview(report, None if top is None else min(top, MAX_ROWS))


def title(shown: Overview) -> str:
    """Return the heading of picture and page."""
    return f"Cost by {shown.unit}"


def chart_height(shown: Overview, width: float) -> float:
    """Return the pixels of the chart of that width."""
    rows = len(shown.rows) * (ROW_HEIGHT if width >= MIN_ONE_LINE_WIDTH else TALL_ROW_HEIGHT)
    legend = _legend(shown, width)
    return rows + (LEGEND_SPACING + legend.height if legend.entries else 0)


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
            name_width, baseline = NAME_WIDTH - 16.0, y + 16
        else:
            bar = (left, y + 20, width, BAR_HEIGHT)
            name_width, baseline = width - COST_WIDTH, y + 14
        drawing.text(left, baseline, fit(entry.label, name_width))
        cost_end = left + width - SHARE_WIDTH
        drawing.text(cost_end, baseline, shown.money(entry.cost), text_anchor="end")
        share = shown.percent(entry)
        drawing.text(left + width, baseline, share, text_anchor="end", fill=FAINT)
        _draw_bar(drawing, bar, pieces(entry, shown, longest, palette))
        y += ROW_HEIGHT if one_line else TALL_ROW_HEIGHT
    _legend(shown, width).draw(drawing, left, y + 10, fill=FAINT, font_size=12)


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


def _chart(shown: Overview) -> str:
    charts = at_each_width(
        title(shown),
        lambda width: chart_height(shown, width),
        lambda drawing, box: draw_chart(drawing, shown, *box[:3]),
    )
    return f"<section>{charts}</section>"


def _table(shown: Overview) -> str:
    entries = [*shown.entries, *filter(None, [shown.unattributed])]
    content = table(
        (shown.unit.capitalize(), *NUMBERS),
        (_row(entry, shown) for entry in entries),
        _row(shown.total, shown),
        "counts",
    )
    return details("All numbers", content, is_open=len(entries) <= MAX_OPEN_ROWS)


def _row(entry: Entry, shown: Overview) -> TableRow:
    """Return a row; the models are its tooltip, because they need more room than there is."""
    amounts = shown.money(entry.cost), shown.money(entry.list_cost), shown.percent(entry)
    counts = map(digits, (*entry.tokens, entry.requests))
    numbers = [*map(escaped, (*amounts, *counts))]
    return TableRow(escaped(entry.label), numbers, shown.models(entry))


def _draw_bar(
    drawing: Drawing, box: tuple[float, float, float, float], parts: Sequence[Piece]
) -> None:
    left, top, width, height = box
    drawing.box(box, LINES, rx=3, fill_opacity=".5")
    for part in parts:
        size = max(part.length * width, 1.0)
        drawing.box((left + part.start * width, top, size, height), part.color, part.tip)


def _legend(shown: Overview, width: float) -> Legend:
    entries = [(color, fit(name, width - KEY_ROOM)) for name, color in colors(shown).items()]
    return Legend(entries, width)


def fit(text: str, width: float) -> str:
    """Return sanitized text that takes at most `width` pixels, with an ellipsis if it is cut."""
    clean, cells = sanitize(text), max(int(width / TEXT_CELL_WIDTH), 2)
    taken = display_width(clean)
    if not taken or taken + sum(char in WIDE_LETTERS for char in clean) <= cells:
        return clean
    wide = sum(char in WIDE_LETTERS for char in clean) / taken
    return cut(clean, int(cells / (1 + wide)))
