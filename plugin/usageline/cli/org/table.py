"""The table of `usageline org`: a row with a share bar for each person, model, day, … Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli.columns import Column, column, fitted, print_lines, words, wrapped
from usageline.cli.org.overview import overview
from usageline.cli.org.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from usageline.cli.appearance import Appearance
    from usageline.cli.org.overview import Overview
    from usageline.usage.org.model import Report

NAME_CELLS, SHORT_NAME_CELLS, MODELS_CELLS = 26, 14, 24
"""What is left at least of a column that is cut."""


def print_table(report: Report, top: int | None) -> None:
    """Print the report as a table."""
    print_lines(lambda look, width: render(overview(report, top), look, width))


def render(shown: Overview, look: Appearance, width: int) -> list[Text]:
    """Return the lines for `width` columns."""
    lines = wrapped(shown.span, "name", look, width)
    if shown.rows:
        lines += fitted(_forms(shown, look), width, look)
    lines += wrapped(shown.summary, "plain", look, width)
    for note in shown.notes:
        lines += wrapped(note, "quiet", look, width)
    return lines


def _forms(shown: Overview, look: Appearance) -> Iterator[Sequence[Column]]:
    """Yield the columns, from all of them to two."""
    rows = shown.rows
    names = [words(row.label, look, "quiet" if row.is_rest else "plain") for row in rows]
    full = Column(names, shown.unit, keeps=NAME_CELLS)
    short = full._replace(keeps=SHORT_NAME_CELLS)
    number = partial(column, look=look, style="quiet", right=True)
    cost = column([shown.money(row.cost) for row in rows], look, title="cost", right=True)
    at_list = number([shown.money(row.list_cost) for row in rows], title="list price")
    shares = [row.share(shown.total.cost) for row in rows]
    share = number([shown.percent(row) for row in rows], title="share")
    tokens = number([count(row.all_tokens) for row in rows], title="tokens")
    requests = number([count(row.requests) for row in rows], title="requests")
    models = column(map(shown.models, rows), look, "quiet", title="models", keeps=MODELS_CELLS)
    listed = [at_list] if any(row.list_cost not in (None, row.cost) for row in rows) else []
    counted = [tokens] if any(row.all_tokens is not None for row in rows) else []
    asked = [requests] if any(row.requests is not None for row in rows) else []
    named = [models] if any(row.models for row in rows) else []

    def bar(cells: int) -> Column:
        return Column(_bars(shares, cells, shown, look))

    yield full, cost, *listed, bar(16), share, *counted, *asked, *named
    yield full, cost, *listed, bar(12), share, *counted, *named
    yield full, cost, *listed, bar(8), share, *named
    yield full, cost, *listed, bar(12), share, *counted
    yield full, cost, *listed, bar(8), share
    yield short, cost, *listed, bar(8), share
    yield short, cost, bar(8), share
    yield short, cost, share
    yield short, cost


def _bars(
    shares: Sequence[float | None], cells: int, shown: Overview, look: Appearance
) -> list[Text]:
    """Return a bar of the whole for each row. Days are compared with the day that cost most."""
    whole = max((part or 0 for part in shares), default=0) if shown.unit == "day" else 1
    return [
        Text() if part is None or not whole else look.bar(part / whole * 100, cells, "normal")
        for part in shares
    ]
