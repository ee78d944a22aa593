"""The rows of `usageline usage` as an SVG picture, or as an HTML page with a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli import page
from usageline.cli.svg import INNER_WIDTH, MARGIN, Legend, lines_of, picture
from usageline.cli.usage import chart
from usageline.cli.usage.result import Result, amount, cost_text, long_label
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.usage.chart import Share
    from usageline.storage.usage_index.queries import Row

TITLE = "Tokens and cost"
LEGEND_SPACING = 20
HEAD = (
    *("Cost", "Input", "Output", "Cache write, 5 min", "Cache write, 1 h", "Cache read"),
    *("Web searches", "Responses"),
)


def svg(result: Result, *, dark: bool | None = None) -> bytes:
    """Return the file. With `dark` None, it has the colors that its reader prefers."""
    legend = Legend([(share.color, _entry(share)) for share in chart.legend(result)], INNER_WIDTH)
    drawing, top = picture(
        TITLE,
        subtitle(result),
        lines_of((*result.limits, *result.notes)),
        legend.height + LEGEND_SPACING + chart.height(result),
        dark=dark,
    )
    legend.draw(drawing, MARGIN, top)
    top += legend.height + LEGEND_SPACING
    chart.draw(drawing, result, (MARGIN, top, INNER_WIDTH, chart.height(result)))
    return drawing.as_bytes()


def html(result: Result, others: Sequence[Result] = (), *, dark: bool | None = None) -> bytes:
    """Return the page. `others` have the same responses by other kinds, and a chart of their own.

    With `dark` None, it has the colors that its reader prefers.
    """
    parts = [
        *page.list_of("Limits of the plan", result.limits),
        *(_section(each) for each in (result, *others)),
        *page.list_of("Notes", result.notes),
        *(_table(each, is_open=each is result) for each in (result, *others)),
    ]
    return page.document(TITLE, subtitle(result), parts, dark=dark)


def subtitle(result: Result) -> str:
    """Return the total, the time and the zone."""
    keys = [row.key.partition(" ")[0] for row in result.rows]
    span = [f"{keys[0]} – {keys[-1]}" if len(keys) > 1 else keys[0]] if result.is_time else []
    zone = [result.zone] if result.is_time else []
    return " · ".join([cost_text(result.total), *span, *zone])


def _section(result: Result) -> str:
    charts = page.at_each_width(
        chart.title(result),
        lambda _: chart.height(result),
        lambda drawing, box: chart.draw(drawing, result, box),
    )
    entries = "".join(
        f"<li>{page.color_key(share.color)}{page.escaped(_entry(share))}</li>"
        for share in chart.legend(result)
    )
    # Bars of models have their names beside them.
    has_legend = entries and result.kind != "model"
    legend = f'<ul class="legend">{entries}</ul>' if has_legend else ""
    return f"<section><h2>{page.escaped(chart.title(result))}</h2>{legend}{charts}</section>"


def _table(result: Result, *, is_open: bool) -> str:
    names = (result.kind.capitalize(), *HEAD, *(["Limit"] if result.percents else []))
    content = page.table(
        names,
        (
            page.TableRow(page.escaped(long_label(row.key, result.kind)), _cells(row, result))
            for row in result.rows
        ),
        page.TableRow("Total", _cells(result.total, result)),
        "counts" if result.kind in {"project", "account"} else "counts times",
    )
    return page.details(f"Numbers by {result.kind}", content, is_open=is_open)


def _cells(row: Row, result: Result) -> list[str]:
    counts = (
        *(row.input, row.output, row.write_5m, row.write_1h, row.read),
        *(row.searches, row.responses),
    )
    cells = [cost_text(row), *(f"{number:,}" for number in counts)]
    if result.percents:
        percent = result.percents.get(row.key)
        cells.append("" if percent is None else f"{percent}%")
    return [page.escaped(cell) for cell in cells]


def _entry(share: Share) -> str:
    return f"{sanitize(share.name)[:64]} {amount(share.cost)}"
