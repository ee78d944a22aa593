"""Sum what the index has by day, week, month, hour, model, project or session."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from usageline.storage.usage_index.writer import QUARTER_MS
from usageline.usage.local.cost_states import Comparison, Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from usageline.storage.usage_index.database import Index

KINDS = ("day", "week", "month", "hour", "model", "project", "session")
UNKNOWN = "?"
"""A project or session that no line names."""

COUNTS = ("input", "output", "write_5m", "write_1h", "read", "searches", "responses")

QUERY = """
SELECT quarter, s.name, p.name, m.name, q.input, q.output, q.write_5m, q.write_1h, q.read,
       q.searches, q.responses, q.cost, q.unfinished, q.unpriced
FROM quarters q JOIN names s ON s.id = q.session JOIN names p ON p.id = q.project
JOIN names m ON m.id = q.model
WHERE quarter >= ? AND quarter < ? ORDER BY quarter
"""

BY_MODEL = """
SELECT quarter, m.name, sum(q.input), sum(q.output), sum(q.write_5m), sum(q.write_1h),
       sum(q.read), sum(q.searches), sum(q.responses), sum(q.cost), sum(q.unfinished),
       sum(q.unpriced)
FROM quarters q JOIN names m ON m.id = q.model
WHERE quarter >= ? AND quarter < ? GROUP BY quarter, q.model ORDER BY quarter
"""

COUNTED = """
SELECT s.name, m.name, t.input, t.output, t.cache_write, t.cache_read, t.web_searches
FROM states t JOIN names s ON s.id = t.session JOIN names m ON m.id = t.model ORDER BY 1, 2
"""
INDEXED = """
SELECT s.name, m.name, sum(q.input), sum(q.output), sum(q.write_5m + q.write_1h), sum(q.read),
       sum(q.searches)
FROM quarters q JOIN names s ON s.id = q.session JOIN names m ON m.id = q.model
WHERE q.session IN (SELECT session FROM states) GROUP BY 1, 2
"""


@dataclass(slots=True)
class Row:
    """Sums of one key. `cost` is picodollars, without the responses in `unpriced` by model."""

    key: str
    input: int = 0
    output: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    searches: int = 0
    responses: int = 0
    cost: int = 0
    unfinished: int = 0
    unpriced: dict[str, int] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """All tokens, whatever they cost."""
        return self.input + self.output + self.write_5m + self.write_1h + self.read

    def add(self, values: tuple[int, ...], model: str) -> None:
        """Add the sums of a quarter: COUNTS, cost, unfinished, unpriced."""
        for name, value in zip(COUNTS, values, strict=False):
            setattr(self, name, getattr(self, name) + value)
        self.cost += values[7]
        self.unfinished += values[8]
        if values[9]:
            self.unpriced[model] = self.unpriced.get(model, 0) + values[9]


@dataclass(frozen=True, slots=True)
class Range:
    """Days of a zone, both included; None is open. `project` and `model` choose by their names.

    `sessions` are those that are chosen, None for all.
    """

    zone: tzinfo = timezone.utc
    since: date | None = None
    until: date | None = None
    project: str | None = None
    model: str | None = None
    sessions: frozenset[str] | None = None

    def includes(self, project: str, model: str) -> bool:
        """Return whether it has that project, by its directory or name, and that model."""
        names = (project, project.rstrip("/").rpartition("/")[2])
        return (self.project is None or self.project in names) and (
            self.model is None or self.model in model
        )


def sums(index: Index, kind: str, chosen: Range) -> tuple[list[Row], Row]:
    """Return the rows of one of KINDS, by key, and their total."""
    rows: dict[str, Row] = {}
    total = Row("total")
    name = _key(kind, chosen.zone)
    for quarter, session, project, model, values in _quarters(index, chosen):
        key = name(quarter, session, project, model)
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(key)
        row.add(values, model)
        total.add(values, model)
    return [rows[key] for key in sorted(rows)], total


def span(index: Index, first_ms: int, end_ms: int) -> Row:
    """Return the sums between two times (epoch ms), exact to the response."""
    row = Row("span")
    query = (
        "SELECT m.name, sum(input), sum(output), sum(write_5m), sum(write_1h), sum(read), "
        "sum(searches), count(*), coalesce(sum(cost), 0), sum(NOT finished), sum(cost IS NULL) "
        "FROM responses r JOIN names m ON m.id = r.model WHERE at >= ? AND at < ? GROUP BY m.name"
    )
    for model, *values in index.connection.execute(query, (first_ms, end_ms)):
        row.add(tuple(values), model)
    return row


def times(index: Index, first_ms: int, end_ms: int) -> Iterator[int]:
    """Yield the times of the responses between two times (epoch ms), in order."""
    query = "SELECT at FROM responses WHERE at >= ? AND at < ? ORDER BY at"
    for (at,) in index.connection.execute(query, (first_ms, end_ms)):
        yield at


def activity(index: Index, first_ms: int, end_ms: int) -> tuple[int, int] | None:
    """Return when the first and the last response between two times began (epoch ms), or None."""
    query = "SELECT min(at), max(at) FROM responses WHERE at >= ? AND at < ?"
    first, last = index.connection.execute(query, (first_ms, end_ms)).fetchone()
    return None if first is None else (first, last)


def comparisons(index: Index) -> list[Comparison]:
    """Return each model of each session in which Claude Code itself counted, beside the index."""
    indexed: dict[tuple[str, str], Counts] = {}
    for session, model, *sent in index.connection.execute(INDEXED):
        indexed[session, model] = Counts(*sent)
    return [
        Comparison(session, model, Counts(*counted), indexed.get((session, model), Counts()))
        for session, model, *counted in index.connection.execute(COUNTED)
    ]


def quarters(
    index: Index, first_s: float, end_s: float
) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Yield the sums of each quarter of an hour and model between two times (epoch seconds).

    Each has the quarter's beginning, the model, and what `Row.add` takes. The times are those of a
    midnight, or of another multiple of a quarter.
    """
    bounds = (int(first_s) * 1000 // QUARTER_MS, int(end_s) * 1000 // QUARTER_MS)
    for quarter, model, *values in index.connection.execute(BY_MODEL, bounds):
        yield quarter * QUARTER_MS // 1000, model, tuple(values)


def _quarters(index: Index, chosen: Range) -> Iterator[tuple[int, str, str, str, tuple[int, ...]]]:
    first = -(1 << 60) if chosen.since is None else _start(chosen.since, chosen.zone)
    end = 1 << 60
    if chosen.until is not None:
        end = _start(chosen.until + timedelta(days=1), chosen.zone)
    for quarter, session, project, model, *values in index.connection.execute(QUERY, (first, end)):
        if chosen.sessions is not None and session not in chosen.sessions:
            continue
        if chosen.includes(project, model):
            yield quarter, session, project, model, tuple(values)


def _start(day: date, zone: tzinfo) -> int:
    """Return the quarter with which a day begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(midnight.timestamp()) * 1000 // QUARTER_MS


def _key(kind: str, zone: tzinfo) -> Callable[[int, str, str, str], str]:
    if kind == "session":
        return lambda _quarter, session, _project, _model: session or UNKNOWN
    if kind == "project":
        return lambda _quarter, _session, project, _model: project or UNKNOWN
    if kind == "model":
        return lambda _quarter, _session, _project, model: model
    names: dict[int, str] = {}

    def name(quarter: int, _session: str, _project: str, _model: str) -> str:
        known = names.get(quarter)
        if known is None:
            known = names[quarter] = _period(kind, quarter, zone)
        return known

    return name


def _period(kind: str, quarter: int, zone: tzinfo) -> str:
    at = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, zone)
    if kind == "hour":
        return at.strftime("%Y-%m-%dT%H:00%z")
    if kind == "week":
        return (at.date() - timedelta(days=at.weekday())).isoformat()
    return at.strftime("%Y-%m" if kind == "month" else "%Y-%m-%d")


def shares(index: Index, kind: str, chosen: Range) -> dict[str, dict[str, int]]:
    """Return the cost of each model (picodollars) in each row of one of KINDS."""
    costs: dict[str, dict[str, int]] = {}
    name = _key(kind, chosen.zone)
    for quarter, session, project, model, values in _quarters(index, chosen):
        row = costs.setdefault(name(quarter, session, project, model), {})
        row[model] = row.get(model, 0) + values[7]
    return costs
