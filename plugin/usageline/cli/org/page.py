"""An organization's report as one HTML page: the sums, the chart, and a table of all rows.

The page has the style and the policy of the history's page: no script, and no other address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.formatting import capitalized
from usageline.cli.org import svg
from usageline.cli.org.overview import digits, percent
from usageline.cli.page import TableRow, at_each_width, details, document, escaped, list_of, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from usageline.cli.org.overview import Entry, Overview
    from usageline.usage.org.model import Report

NUMBERS = (
    *("Cost", "List price", "Share", "Input", "Output", "Cache write", "Cache read"),
    "Requests",
)
MAX_OPEN_ROWS = 20
"""A longer table is closed until its reader opens it."""


def page(report: Report, top: int | None) -> str:
    """Return the page, in the colors that its reader prefers."""
    shown = svg.for_picture(report, top)
    sentences = [f"total {shown.total_words}" if shown.rows else "no usage in these days"]
    parts = [
        *list_of("Summary", map(capitalized, (*sentences, *shown.notes))),
        *_chart(shown),
        *_table(shown),
    ]
    return document(svg.title(shown), shown.span, parts).decode()


def _chart(shown: Overview) -> list[str]:
    if not shown.rows:
        return []
    charts = at_each_width(
        svg.title(shown),
        lambda width: svg.chart_height(shown, width),
        lambda drawing, box: svg.draw_chart(drawing, shown, *box[:3]),
    )
    return [f"<section>{charts}</section>"]


def _table(shown: Overview) -> list[str]:
    if not shown.rows:
        return []
    entries = [*shown.entries, *filter(None, [shown.unattributed])]
    content = table(
        (shown.unit.capitalize(), *NUMBERS),
        (_row(entry, shown) for entry in entries),
        _row(shown.total, shown),
        "counts",
    )
    return [details("All numbers", content, is_open=len(entries) <= MAX_OPEN_ROWS)]


def _row(entry: Entry, shown: Overview) -> TableRow:
    """Return a row; the models are its tooltip, because they need more room than there is."""
    numbers = [escaped(value) for value in _numbers(entry, shown)]
    return TableRow(escaped(entry.label), numbers, shown.models(entry))


def _numbers(entry: Entry, shown: Overview) -> Iterator[str]:
    yield shown.money(entry.cost)
    yield shown.money(entry.list_cost)
    yield percent(entry, shown.total.cost)
    counts: Sequence[int | None] = (*entry.tokens, entry.requests)
    yield from map(digits, counts)
