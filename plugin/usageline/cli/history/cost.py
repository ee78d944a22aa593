"""What the local transcripts cost by day and model, from the index of local usage, and its chart.

Pure but for `read` and the time zone, which is that of the process.
"""

from __future__ import annotations

import sqlite3
import textwrap
import time
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from usageline.cli.formatting import cut
from usageline.cli.history.heatmap import day_name
from usageline.cli.output import csv_text
from usageline.cli.usage import report
from usageline.cli.usage.result import MAX_NAME, cost_text
from usageline.config import local
from usageline.core.errors import StoreBroken, UsagelineError
from usageline.core.formatting import MONTHS, count
from usageline.core.text import sanitize
from usageline.sources.transcripts.roots import DISABLED
from usageline.storage.usage_index import database
from usageline.storage.usage_index.queries import Row, quarters
from usageline.system.paths import Paths
from usageline.usage.local.windows import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NO_INDEX = "tokens and cost are not known yet: run usageline usage, which reads the transcripts"
UNUSABLE = "tokens and cost cannot be read now: run usageline usage, which repairs their index"
NO_RESPONSES = "tokens and cost: no response in this time"
LIST_PRICE = "at list prices, over all sessions on this machine"
OTHERS = "other models"
MAX_SUM = 1 << 62

MAX_DAYS = 31
"""More days than this are shown as weeks."""

GLYPHS = ("█", "▓", "▒", "░")
"""Of the models that cost most, and of the others: bars are legible without colors, too."""

STYLES = ("cyan", "magenta", "yellow", "dim")
MIN_BAR_CELLS, MAX_BAR_CELLS = 4, 60
GAP = "  "
LABEL_WIDTH = 13


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums of all models by day, of `days` in order, which are all days of the time.

    `models` are in order of their cost, then of their tokens.
    """

    days: tuple[date, ...]
    by_day: Mapping[date, Mapping[str, Row]]
    models: tuple[Row, ...]
    total: Row

    def groups(self, most: int) -> list[tuple[Row, frozenset[str]]]:
        """Return sums and names of at most `most` groups: single models, and all others as one."""
        single = self.models if len(self.models) <= most else self.models[: most - 1]
        groups = [(row, frozenset((row.key,))) for row in single]
        if others := self.models[len(single) :]:
            groups.append((summed(OTHERS, others), frozenset(row.key for row in others)))
        return groups


def read(env: Mapping[str, str], now: float, days: int) -> Costs:
    """Return the costs of the last `days` days, of which the last one is today.

    Raise UsagelineError if the user's settings forbid it, if there is no index that can be read, or
    if it has no response of them.
    """
    if not local.load(env).enabled:
        raise UsagelineError(DISABLED)
    paths = Paths(env)
    chosen = days_until(now, days)
    first, end = time.mktime(chosen[0].timetuple()), local_day(now)[1]
    if not database.exists(paths.usage_dir):
        raise UsagelineError(NO_INDEX)
    try:
        with database.opened(paths.usage_dir) as index:
            costs = by_day(_checked(quarters(index, first, end)), chosen)
    except (StoreBroken, sqlite3.Error, OSError):
        raise UsagelineError(UNUSABLE) from None
    if not costs.models:
        raise UsagelineError(NO_RESPONSES)
    return costs


def _checked(
    rows: Iterable[tuple[int, str, tuple[int, ...]]],
) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Yield the rows. Raise StoreBroken if a flipped bit made one of them impossible."""
    for at, model, values in rows:
        numbers = all(isinstance(value, int) and 0 <= value < MAX_SUM for value in values)
        if not numbers or not isinstance(model, str):
            raise StoreBroken("a value that no response can have")
        yield at, model, values


def by_day(rows: Iterable[tuple[int, str, tuple[int, ...]]], days: Sequence[date]) -> Costs:
    """Return the sums of `rows`, each of a quarter of an hour (its time, model and sums)."""
    sums: dict[date, dict[str, Row]] = {}
    models: dict[str, Row] = {}
    total = Row("total")
    for at, model, values in rows:
        of_day = sums.setdefault(date(*time.localtime(at)[:3]), {})
        for row in (of_day.setdefault(model, Row(model)), models.setdefault(model, Row(model))):
            row.add(values, model)
        total.add(values, model)
    ordered = sorted(models.values(), key=lambda row: (-row.cost, -row.tokens, row.key))
    return Costs(tuple(days), sums, tuple(ordered), total)


def days_until(now: float, days: int) -> list[date]:
    """Return that many days up to the local day of `now`."""
    today = date(*time.localtime(now)[:3])
    return [today - timedelta(before) for before in range(days - 1, -1, -1)]


def summed(key: str, rows: Iterable[Row]) -> Row:
    """Return the sums of rows."""
    result = Row(key)
    for row in rows:
        result.add_row(row)
    return result


def as_json(costs: Costs) -> str:
    """Return a row for each model of each day, with the fields of `usageline usage --json`."""
    rows = ({"day": str(day), "model": row.key, **report.fields(row)} for day, row in _rows(costs))
    return report.as_json(rows, costs.total, time.strftime("%Z"))


def as_csv(costs: Costs) -> str:
    """Return a line for each model of each day, below a line of names."""
    head = ("day", "model", *report.CSV_NAMES)
    rows = (
        (str(day), row.key, *report.csv_values(row), sum(row.unpriced.values()) or "")
        for day, row in _rows(costs)
    )
    return csv_text(head, rows)


def _rows(costs: Costs) -> Iterator[tuple[date, Row]]:
    for day in costs.days:
        models = costs.by_day.get(day, {})
        yield from ((day, models[name]) for name in sorted(models))


def short_name(model: str) -> str:
    """Return a model's name without control characters, and not longer than a line has room for."""
    return cut(sanitize(model), MAX_NAME)


def facts(row: Row) -> tuple[str, str]:
    """Return the cost and the tokens in words."""
    return cost_text(row), f"{count(row.tokens)} tokens"


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
    groups = costs.groups(len(GLYPHS))
    size = attrgetter("cost" if costs.total.cost else "tokens")
    longest = max(size(bar.total) for bar in bars) or 1
    head = f"{'':{LABEL_WIDTH}}{'tokens':>{tokens_width}}{GAP}{'cost':>{amount_width}}"
    rows = [*_title(costs, width), Text(head, "dim")]
    for bar, number, (amount, suffix) in zip(bars, tokens, parts, strict=True):
        row = Text(f"{bar.label:<{LABEL_WIDTH}}{number:>{tokens_width}}{GAP}")
        row.append(f"{amount:>{amount_width}}").append(f"{suffix:<{suffix_width}}", "dim")
        row.append(GAP)
        sizes = [
            sum(size(bar.models[name]) for name in names & bar.models.keys()) for _, names in groups
        ]
        lengths = _cells(sizes, longest, cells)
        for glyph, style, length in zip(GLYPHS, STYLES, lengths, strict=False):
            row.append(glyph * length, style)
        row.rstrip()
        rows.append(row)
    return [*rows, *_legend(costs, width)]


def _title(costs: Costs, width: int) -> list[Text]:
    period = "day" if len(costs.days) <= MAX_DAYS else "week"
    title, words = f"Cost by {period}", " · ".join(facts(costs.total))
    spaces = width - len(title) - len(words)
    if spaces >= len(GAP):
        head = [Text.assemble((title, "bold"), " " * spaces, words)]
    else:
        head = [Text(title, "bold"), Text(words)]
    return [*head, *(Text(line, "dim") for line in textwrap.wrap(LIST_PRICE, width))]


def _amount(row: Row) -> tuple[str, str]:
    """Return the cost, and the words after it."""
    text = cost_text(row) if row.responses else "–"
    amount, plus, rest = text.partition(" + ")
    return amount, plus + rest


def _bars(costs: Costs) -> list[Bar]:
    """Return a bar for each day, or for each week that begins with a Monday."""
    is_daily = len(costs.days) <= MAX_DAYS
    bars: list[Bar] = []
    for _, period in groupby(
        costs.days, key=lambda day: day if is_daily else day - timedelta(day.weekday())
    ):
        days = list(period)
        models: dict[str, Row] = {}
        for row in (row for day in days for row in costs.by_day.get(day, {}).values()):
            models.setdefault(row.key, Row(row.key)).add_row(row)
        label = day_name(days[0]) if is_daily else f"from {days[0].day} {MONTHS[days[0].month - 1]}"
        if is_daily or bars or models:  # nothing is known of weeks before the first one
            bars.append(Bar(label, summed("", models.values()), models))
    return bars


def _cells(sizes: list[int], longest: int, cells: int) -> list[int]:
    """Return the cells of each part of a bar; their sum is that of the whole bar."""
    ends = [
        max(round(size / longest * cells), 1 if size else 0)
        for size in accumulate(sizes, initial=0)
    ]
    return [end - begin for begin, end in pairwise(ends)]


def _legend(costs: Costs, width: int) -> list[Text]:
    """Return a row for each model with its glyph, tokens and cost."""
    rows = []
    for (row, _), glyph, style in zip(costs.groups(len(GLYPHS)), GLYPHS, STYLES, strict=False):
        words = " · ".join(facts(row))
        label = cut(short_name(row.key), max(width - 2 - len(GAP) - len(words), 1))
        rows.append(Text.assemble((glyph, style), " ", label, GAP, (words, "dim")))
    return rows
