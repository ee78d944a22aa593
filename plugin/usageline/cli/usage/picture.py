"""The rows of `usageline usage` as an SVG picture, or as an HTML page with a table."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.cli import output
from usageline.cli.page import at_each_width, color_key, document, escaped, list_of
from usageline.cli.svg import FAINT, LINES, PAPER, Drawing
from usageline.cli.usage import chart
from usageline.cli.usage.result import NO_RESPONSES, amount, cost_text, long_label
from usageline.core.errors import UsagelineError
from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.usage.chart import Share
    from usageline.cli.usage.result import Result
    from usageline.storage.usage_index.queries import Row

TITLE = "Tokens and cost"
WIDTH, MARGIN = 960, 24
HEADER_HEIGHT, FOOTER_HEIGHT = 84, 16
LINE_HEIGHT = 20
SENTENCE_COLUMNS = 128
TEXT_CELL_WIDTH = 7.4
HEAD = (
    *("Cost", "Input", "Output", "Cache write, 5 min", "Cache write, 1 h", "Cache read"),
    *("Web searches", "Responses"),
)


def write(
    result: Result,
    others: Sequence[Result],
    html_path: str | None,
    svg_path: str | None,
    *,
    dark: bool | None,
) -> None:
    """Write the files that are asked for, and print their names.

    Raise UsagelineError if there is nothing to draw or a file cannot be written.
    """
    if not result.rows:
        raise UsagelineError(NO_RESPONSES)
    # Make both before writing one.
    made = []
    if html_path is not None:
        made.append((html_path, html(result, others, dark=dark)))
    if svg_path is not None:
        made.append((svg_path, svg(result, dark=dark)))
    output.write_files(made)


def svg(result: Result, *, dark: bool | None = None) -> bytes:
    """Return the file. With `dark` None, it has the colors that its reader prefers."""
    sentences = [
        line
        for sentence in (*result.limits, *result.notes)
        for line in textwrap.wrap(sentence, SENTENCE_COLUMNS)
    ]
    entries = _legend(chart.legend(result))
    legend_height = max((y for _, y, _ in entries), default=-LINE_HEIGHT) + LINE_HEIGHT
    top = HEADER_HEIGHT + LINE_HEIGHT * len(sentences) + legend_height + 20
    height = top + chart.height(result) + FOOTER_HEIGHT
    drawing = Drawing(WIDTH, height, f"{TITLE}: {subtitle(result)}", dark=dark)
    if dark is None:
        drawing.follow_reader()
    drawing.box((0.5, 0.5, WIDTH - 1, height - 1), PAPER, rx=10, stroke=LINES)
    drawing.text(MARGIN, 38, TITLE, font_size=20, font_weight=600)
    drawing.text(MARGIN, 62, subtitle(result), fill=FAINT)
    right = {"text_anchor": "end"}
    drawing.text(WIDTH - MARGIN, 38, f"usageline {__version__}", fill=FAINT, **right)
    for number, sentence in enumerate(sentences):
        drawing.text(MARGIN, HEADER_HEIGHT + 6 + LINE_HEIGHT * number, sentence)
    legend_top = HEADER_HEIGHT + LINE_HEIGHT * len(sentences)
    for x, y, share in entries:
        drawing.box((MARGIN + x, legend_top + y, 12, 12), share.color, rx=3)
        drawing.text(MARGIN + x + 20, legend_top + y + 11, _entry(share))
    chart.draw(drawing, result, (MARGIN, top, WIDTH - 2 * MARGIN, chart.height(result)))
    return drawing.as_bytes()


def html(result: Result, others: Sequence[Result] = (), *, dark: bool | None = None) -> bytes:
    """Return the page. `others` have the same responses by other kinds, and a chart of their own.

    With `dark` None, it has the colors that its reader prefers.
    """
    parts = [
        *list_of("Limits of the plan", result.limits),
        *(_section(each) for each in (result, *others)),
        *list_of("Notes", result.notes),
        *(_table(each, is_open=each is result) for each in (result, *others)),
    ]
    return document(TITLE, subtitle(result), parts, dark=dark)


def subtitle(result: Result) -> str:
    """Return the total, the time and the zone."""
    keys = [row.key.partition(" ")[0] for row in result.rows]
    span = [f"{keys[0]} – {keys[-1]}" if len(keys) > 1 else keys[0]] if result.is_time else []
    zone = [result.zone] if result.is_time else []
    return " · ".join([cost_text(result.total), *span, *zone])


def _section(result: Result) -> str:
    def draw(width: int) -> Drawing:
        drawing = Drawing(width, chart.height(result), chart.title(result), dark=None)
        chart.draw(drawing, result, (0, 0, width, chart.height(result)))
        return drawing

    entries = "".join(
        f"<li>{color_key(share.color)}{escaped(_entry(share))}</li>"
        for share in chart.legend(result)
    )
    # Bars of models have their names beside them.
    has_legend = entries and result.kind != "model"
    legend = f'<ul class="legend">{entries}</ul>' if has_legend else ""
    heading = escaped(chart.title(result))
    return f"<section><h2>{heading}</h2>{legend}{at_each_width(draw)}</section>"


def _table(result: Result, *, is_open: bool) -> str:
    names = (result.kind.capitalize(), *HEAD, *(["Limit"] if result.percents else []))
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    rows = "".join(
        f"<tr><th scope=row>{escaped(long_label(row.key, result.kind))}</th>"
        f"{_cells(row, result)}</tr>"
        for row in result.rows
    )
    names_class = "counts" if result.kind in {"project", "account"} else "counts times"
    total = f"<tr><th scope=row>Total</th>{_cells(result.total, result)}</tr>"
    return (
        f"<details{' open' if is_open else ''}><summary>Numbers by {result.kind}</summary>"
        f'<div class="scroll" tabindex=0><table class="{names_class}">'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody><tfoot>{total}</tfoot></table></div></details>"
    )


def _cells(row: Row, result: Result) -> str:
    counts = (
        *(row.input, row.output, row.write_5m, row.write_1h, row.read),
        *(row.searches, row.responses),
    )
    cells = [cost_text(row), *(f"{number:,}" for number in counts)]
    if result.percents:
        percent = result.percents.get(row.key)
        cells.append("" if percent is None else f"{percent} %")
    return "".join(f"<td>{escaped(cell)}</td>" for cell in cells)


def _entry(share: Share) -> str:
    return f"{sanitize(share.name)[:64]} {amount(share.cost)}"


def _legend(shares: Sequence[Share]) -> list[tuple[float, int, Share]]:
    """Return the place of each entry, on as many lines as they need."""
    x, y, entries = 0.0, 0, []
    for share in shares:
        taken = 44 + display_width(_entry(share)) * TEXT_CELL_WIDTH
        if x and x + taken > WIDTH - 2 * MARGIN:
            x, y = 0, y + LINE_HEIGHT
        entries.append((x, y, share))
        x += taken
    return entries
