"""What the local transcripts cost by day and model, from the index of local usage.

Pure but for `read` and the time zone, which is that of the process.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.cli.formatting import cut
from usageline.cli.output import csv_text
from usageline.cli.usage.report import CSV_NAMES, VERSION, csv_values, fields
from usageline.cli.usage.result import MAX_NAME, cost_text
from usageline.config import local
from usageline.core.errors import StoreBroken, UsagelineError
from usageline.core.formatting import count
from usageline.core.text import sanitize
from usageline.sources.transcripts.roots import DISABLED
from usageline.storage.usage_index import database
from usageline.storage.usage_index.queries import Row, quarters
from usageline.system.paths import Paths
from usageline.usage.local.windows import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from usageline.cli.history.heatmap import Day

NO_INDEX = "tokens and cost are not known yet: run usageline usage, which reads the transcripts"
UNUSABLE = "tokens and cost cannot be read now: run usageline usage, which repairs their index"
NO_RESPONSES = "tokens and cost: no response in this time"
LIST_PRICE = "at list prices, over all sessions on this machine"
OTHERS = "other models"
MAX_SUM = 1 << 62
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums of all models by day, of `days` in order, which are all days of the time.

    `models` are in order of their cost, then of their tokens.
    """

    days: tuple[Day, ...]
    by_day: Mapping[Day, Mapping[str, Row]]
    models: tuple[Row, ...]
    total: Row

    def of_day(self, day: Day) -> Row:
        """Return the sums of all models on a day."""
        return summed("", self.by_day.get(day, {}).values())


def read(env: Mapping[str, str], now: float, days: int) -> Costs:
    """Return the costs of the last `days` days, of which the last one is today.

    Raise UsagelineError if the user's settings forbid it, if there is no index that can be read, or
    if it has no response of them.
    """
    if not local.load(env).enabled:
        raise UsagelineError(DISABLED)
    paths = Paths(env)
    chosen = days_until(now, days)
    first, end = time.mktime((*chosen[0], 0, 0, 0, 0, 0, -1)), local_day(now)[1]
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


def by_day(rows: Iterable[tuple[int, str, tuple[int, ...]]], days: Sequence[Day]) -> Costs:
    """Return the sums of `rows`, each of a quarter of an hour (its time, model and sums)."""
    sums: dict[Day, dict[str, Row]] = {}
    models: dict[str, Row] = {}
    total = Row("total")
    for at, model, values in rows:
        local = time.localtime(at)
        of_day = sums.setdefault((local.tm_year, local.tm_mon, local.tm_mday), {})
        for row in (of_day.setdefault(model, Row(model)), models.setdefault(model, Row(model))):
            row.add(values, model)
        total.add(values, model)
    ordered = sorted(models.values(), key=lambda row: (-row.cost, -row.tokens, row.key))
    return Costs(tuple(days), sums, tuple(ordered), total)


def days_until(now: float, days: int) -> list[Day]:
    """Return that many days up to the local day of `now`."""
    year, month, day = time.localtime(now)[:3]
    noons = (
        time.localtime(time.mktime((year, month, day - before, 12, 0, 0, 0, 0, -1)))
        for before in range(days - 1, -1, -1)
    )
    return [(local.tm_year, local.tm_mon, local.tm_mday) for local in noons]


def summed(key: str, rows: Iterable[Row]) -> Row:
    """Return the sums of rows, each of the model that is its key."""
    result = Row(key)
    for row in rows:
        result.add_row(row)
    return result


def shown_models(costs: Costs, most: int) -> list[tuple[str, frozenset[str]]]:
    """Return at most `most` names with their models: those that cost most, and the others."""
    names = [row.key for row in costs.models]
    if len(names) <= most:
        return [(name, frozenset((name,))) for name in names]
    single = [(name, frozenset((name,))) for name in names[: most - 1]]
    return [*single, (OTHERS, frozenset(names[most - 1 :]))]


def as_json(costs: Costs) -> str:
    """Return a row for each model of each day, with the fields of `usageline usage --json`."""
    return json.dumps(
        {
            "version": VERSION,
            "timezone": time.strftime("%Z"),
            "rows": [
                {"day": _date(day), "model": row.key, **fields(row)} for day, row in _rows(costs)
            ],
            "total": fields(costs.total),
        }
    )


def as_csv(costs: Costs) -> str:
    """Return a line for each model of each day, below a line of names."""
    head = ("day", "model", *CSV_NAMES)
    rows = (
        (_date(day), row.key, *csv_values(row), sum(row.unpriced.values()) or "")
        for day, row in _rows(costs)
    )
    return csv_text(head, rows)


def _rows(costs: Costs) -> Iterator[tuple[Day, Row]]:
    for day in costs.days:
        models = costs.by_day.get(day, {})
        yield from ((day, models[name]) for name in sorted(models))


def _date(day: Day) -> str:
    return "{:04}-{:02}-{:02}".format(*day)


def short_name(model: str) -> str:
    """Return a model's name without control characters, and not longer than a line has room for."""
    return cut(sanitize(model), MAX_NAME)


def facts(costs: Costs) -> tuple[str, str]:
    """Return the cost and the tokens of the whole time."""
    return cost_text(costs.total), f"{count(costs.total.tokens)} tokens"
