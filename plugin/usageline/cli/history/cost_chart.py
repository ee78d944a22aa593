"""Cost and tokens by day and model in the terminal: a bar for each day, or for each week."""

from __future__ import annotations

import textwrap
import time
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from usageline.cli.fitting import cut
from usageline.cli.history import cost
from usageline.cli.history.heatmap import day_name
from usageline.cli.usage.result import cost_text
from usageline.core.formatting import MONTHS, count

if TYPE_CHECKING:
    from usageline.cli.history.cost import Costs
    from usageline.storage.usage_index.queries import Row

MAX_DAYS = 31
"""More days than this are shown as weeks."""

GLYPHS = ("█", "▓", "▒", "░")
"""Of the models that cost most, and of the others: bars are legible without colors, too."""

STYLES = ("cyan", "magenta", "yellow", "dim")
MIN_BAR_CELLS, MAX_BAR_CELLS = 4, 60
GAP = "  "
LABEL_WIDTH = 13


class Bar(NamedTuple):
    """One row: its label, its sums, and those of each model."""

    label: str
    total: Row
    models: dict[str, Row]


def lines(costs: Costs, width: int) -> list[Text]:
    """Return the chart for a terminal of `width` columns (at least 36), with its legend."""
    bars = _bars(costs)
    tokens = [count(bar.total.tokens) if bar.total.responses else "" for bar in bars]
    parts = [_amount(bar.total) for bar in bars]
    tokens_width = max(map(len, ["tokens", *tokens]))
    amount_width = max(len(amount) for amount, _ in [("cost", ""), *parts])
    suffix_width = max(len(suffix) for _, suffix in parts)
    used = LABEL_WIDTH + tokens_width + amount_width + suffix_width + 2 * len(GAP)
    cells = max(min(width - used, MAX_BAR_CELLS), MIN_BAR_CELLS)
    shown = cost.shown_models(costs, len(GLYPHS))
    is_priced = costs.total.cost > 0
    longest = max(_size(bar.total, is_priced=is_priced) for bar in bars) or 1
    head = f"{'':{LABEL_WIDTH}}{'tokens':>{tokens_width}}{GAP}{'cost':>{amount_width}}"
    rows = [*_title(costs, width), Text(head, "dim")]
    for bar, number, (amount, suffix) in zip(bars, tokens, parts, strict=True):
        row = Text(f"{bar.label:<{LABEL_WIDTH}}{number:>{tokens_width}}{GAP}")
        row.append(f"{amount:>{amount_width}}").append(f"{suffix:<{suffix_width}}", "dim")
        row.append(GAP)
        sizes = [
            sum(_size(bar.models[name], is_priced=is_priced) for name in names & bar.models.keys())
            for _, names in shown
        ]
        for glyph, style, length in zip(
            GLYPHS, STYLES, _cells(sizes, longest, cells), strict=False
        ):
            row.append(glyph * length, style)
        row.rstrip()
        rows.append(row)
    return [*rows, *_legend(costs, width)]


def _title(costs: Costs, width: int) -> list[Text]:
    period = "day" if len(costs.days) <= MAX_DAYS else "week"
    title, facts = f"Cost by {period}", " · ".join(cost.facts(costs))
    spaces = width - len(title) - len(facts)
    if spaces >= len(GAP):
        head = [Text.assemble((title, "bold"), " " * spaces, facts)]
    else:
        head = [Text(title, "bold"), Text(facts)]
    return [*head, *(Text(line, "dim") for line in textwrap.wrap(cost.LIST_PRICE, width))]


def _amount(row: Row) -> tuple[str, str]:
    """Return the cost, and the words after it."""
    text = cost_text(row) if row.responses else "–"
    amount, plus, rest = text.partition(" + ")
    return amount, plus + rest


def _bars(costs: Costs) -> list[Bar]:
    """Return a bar for each day, or for each week that begins with a Monday."""
    if len(costs.days) <= MAX_DAYS:
        return [
            Bar(day_name(day), costs.of_day(day), dict(costs.by_day.get(day, {})))
            for day in costs.days
        ]
    bars: list[Bar] = []
    for _, group in groupby(costs.days, key=_monday):
        days = list(group)
        models: dict[str, Row] = {}
        for name in {name for day in days for name in costs.by_day.get(day, {})}:
            rows = (costs.by_day[day][name] for day in days if name in costs.by_day.get(day, {}))
            models[name] = cost.summed(name, rows)
        label = f"from {days[0][2]} {MONTHS[days[0][1] - 1]}"
        if bars or models:  # nothing is known of weeks before the first one
            bars.append(Bar(label, cost.summed("", models.values()), models))
    return bars


def _monday(day: tuple[int, int, int]) -> tuple[int, ...]:
    noon = time.mktime((*day, 12, 0, 0, 0, 0, -1))
    weekday = time.localtime(noon).tm_wday
    return tuple(time.localtime(noon - weekday * cost.DAY_S)[:3])


def _size(row: Row, *, is_priced: bool) -> int:
    return row.cost if is_priced else row.tokens


def _cells(sizes: list[int], longest: int, cells: int) -> list[int]:
    """Return the cells of each part of a bar; their sum is that of the whole bar."""
    ends, sum_of = [0], 0
    for size in sizes:
        sum_of += size
        ends.append(max(round(sum_of / longest * cells), 1 if sum_of else 0))
    return [end - begin for begin, end in pairwise(ends)]


def _legend(costs: Costs, width: int) -> list[Text]:
    """Return a row for each model with its glyph, tokens and cost."""
    rows = []
    by_name = {row.key: row for row in costs.models}
    for (name, names), glyph, style in zip(
        cost.shown_models(costs, len(GLYPHS)), GLYPHS, STYLES, strict=False
    ):
        row = cost.summed(name, (by_name[each] for each in names))
        facts = f"{cost_text(row)} · {count(row.tokens)} tokens"
        room = max(width - 2 - len(GAP) - len(facts), 1)
        label = cut(cost.short_name(name), room)
        rows.append(Text.assemble((glyph, style), " ", label, GAP, (facts, "dim")))
    return rows
