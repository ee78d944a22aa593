"""Sum what the index has by day, week, month, hour, model, project or session."""

from __future__ import annotations

from datetime import datetime, timedelta

from usageline.storage.usage_index.tables import QUARTER_MS
from usageline.usage.local.prices import PICO
from usageline.usage.local.windows import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, tzinfo
    from typing import Any

    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.windows import Range

    Sums = tuple[str, str, tuple[int, ...]]

KINDS = ("day", "week", "month", "hour", "model", "project", "session")
UNKNOWNS = {"model": "", "project": UNKNOWN, "session": UNKNOWN}

COUNTS = ("input", "output", "write_5m", "write_1h", "read", "searches", "responses")


def _columns(table: str, responses: str, unfinished: str, unpriced: str) -> str:
    """Return the sums that `row_values` takes. The halves of a cost cannot overflow."""
    columns = [f"sum({table}.{name})" for name in COUNTS[:-1]]
    cost = f"sum({table}.cost / {PICO}), sum({table}.cost % {PICO})"
    return f"{', '.join(columns)}, {responses}, {cost}, {unfinished}, {unpriced}"


OF_QUARTERS = _columns("q", "sum(q.responses)", "sum(q.unfinished)", "sum(q.unpriced)")
OF_RESPONSES = _columns("r", "count(*)", "sum(NOT r.finished)", "sum(r.cost IS NULL)")

BY_NAME = """
SELECT k.name, m.name, t.* FROM (
    SELECT {column} AS k, q.model AS m, {sums} FROM quarters q
    WHERE quarter >= ? AND quarter < ? {condition} GROUP BY 1, 2
) t JOIN names k ON k.id = t.k JOIN names m ON m.id = t.m
"""
NEXT = "SELECT min(quarter) FROM quarters WHERE quarter >= ? AND quarter < ?"

SPAN = f"""
SELECT m.name, {OF_RESPONSES}
FROM responses r JOIN names m ON m.id = r.model WHERE at >= ? AND at < ? GROUP BY m.name
"""  # noqa: S608 - names of this module

WHOLE = f"""
SELECT m.name, {OF_QUARTERS}
FROM quarters q JOIN names m ON m.id = q.model
WHERE quarter >= ? AND quarter < ? GROUP BY m.name
"""  # noqa: S608 - names of this module

BY_MODEL = f"""
SELECT quarter, m.name, {OF_QUARTERS}
FROM quarters q JOIN names m ON m.id = q.model
WHERE quarter >= ? AND quarter < ? GROUP BY quarter, q.model ORDER BY quarter
"""  # noqa: S608 - names of this module


class Row:
    """Sums of one key. `cost` is picodollars, without the responses in `unpriced` by model."""

    __slots__ = ("key", *COUNTS, "cost", "unfinished", "unpriced")

    def __init__(  # noqa: PLR0913 - the columns of a table
        self,
        key: str,
        *,
        input: int = 0,  # noqa: A002 - the service's name of it
        output: int = 0,
        write_5m: int = 0,
        write_1h: int = 0,
        read: int = 0,
        searches: int = 0,
        responses: int = 0,
        cost: int = 0,
        unfinished: int = 0,
        unpriced: Mapping[str, int] | None = None,
    ) -> None:
        self.key = key
        self.input = input
        self.output = output
        self.write_5m = write_5m
        self.write_1h = write_1h
        self.read = read
        self.searches = searches
        self.responses = responses
        self.cost = cost
        self.unfinished = unfinished
        self.unpriced = dict(unpriced or {})

    def sums(self) -> dict[str, Any]:
        """Return everything but the key, by name."""
        return {name: getattr(self, name) for name in self.__slots__[1:]}

    def renamed(self, key: str) -> Row:
        """Return a copy with another key."""
        return Row(key, **self.sums())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and (self.key, self.sums()) == (other.key, other.sums())

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Row({self.key!r}, {self.sums()})"

    @property
    def tokens(self) -> int:
        """All tokens, whatever they cost."""
        return self.input + self.output + self.write_5m + self.write_1h + self.read

    def add_row(self, other: Row) -> None:
        """Add the sums of another row."""
        for name in (*COUNTS, "cost", "unfinished"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for model, number in other.unpriced.items():
            self.unpriced[model] = self.unpriced.get(model, 0) + number

    def add(self, values: Sequence[int], model: str) -> None:
        """Add sums of a model: COUNTS, cost, unfinished, unpriced."""
        self.input += values[0]
        self.output += values[1]
        self.write_5m += values[2]
        self.write_1h += values[3]
        self.read += values[4]
        self.searches += values[5]
        self.responses += values[6]
        self.cost += values[7]
        self.unfinished += values[8]
        if values[9]:
            self.unpriced[model] = self.unpriced.get(model, 0) + values[9]


def sums(index: Index, kind: str, chosen: Range) -> tuple[list[Row], Row]:
    """Return the rows of one of KINDS, by key, and their total."""
    rows: dict[str, Row] = {}
    total = Row("total")
    for key, model, values in _sums(index, kind, chosen):
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(key)
        row.add(values, model)
        total.add(values, model)
    return [rows[key] for key in sorted(rows)], total


def span(index: Index, first_ms: int, end_ms: int) -> Row:
    """Return the sums between two times (epoch ms), exact to the response."""
    row = Row("span")
    first, end = -(-first_ms // QUARTER_MS), end_ms // QUARTER_MS
    parts = [(SPAN, first_ms, end_ms)]
    if first < end:  # whole quarters are summed already
        edges = ((first_ms, first * QUARTER_MS), (end * QUARTER_MS, end_ms))
        parts = [(WHOLE, first, end), *((SPAN, *edge) for edge in edges)]
    for query, *limits in parts:
        for model, *values in index.connection.execute(query, limits):
            row.add(row_values(values), model)
    return row


def next_at(index: Index, first_ms: int, end_ms: int) -> int | None:
    """Return when the first response between two times began (epoch ms), or None."""
    query = "SELECT min(at) FROM responses WHERE at >= ? AND at < ?"
    at: int | None = index.connection.execute(query, (first_ms, end_ms)).fetchone()[0]
    return at


def activity(index: Index, first_ms: int, end_ms: int) -> tuple[int, int] | None:
    """Return when the first and the last response between two times began (epoch ms), or None."""
    query = "SELECT min(at), max(at) FROM responses WHERE at >= ? AND at < ?"
    first, last = index.connection.execute(query, (first_ms, end_ms)).fetchone()
    return None if first is None else (first, last)


def quarters(
    index: Index, first_s: float, end_s: float
) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Yield the sums of each quarter of an hour and model between two times (epoch seconds).

    Each has the quarter's beginning, the model, and what `Row.add` takes. The times are those of a
    midnight, or of another multiple of a quarter.
    """
    bounds = (int(first_s) * 1000 // QUARTER_MS, int(end_s) * 1000 // QUARTER_MS)
    for quarter, model, *values in index.connection.execute(BY_MODEL, bounds):
        yield quarter * QUARTER_MS // 1000, model, row_values(values)


def _sums(index: Index, kind: str, chosen: Range) -> Iterator[Sums]:
    return (_by_name if kind in UNKNOWNS else _by_time)(index, kind, chosen)


def _by_name(index: Index, kind: str, chosen: Range) -> Iterator[Sums]:
    limits, condition = _limits(chosen), _condition(index, chosen)
    query = BY_NAME.format(column=f"q.{kind}", sums=OF_QUARTERS, condition=condition)
    for key, model, _, _, *values in index.connection.execute(query, limits):
        yield key or UNKNOWNS[kind], model, row_values(values)


def _by_time(index: Index, kind: str, chosen: Range) -> Iterator[Sums]:
    """Sum one period after another, from a quarter with responses to the next one."""
    first, end = _limits(chosen)
    condition = _condition(index, chosen)
    query = BY_NAME.format(column="q.model", sums=OF_QUARTERS, condition=condition)
    while (row := index.connection.execute(NEXT, (first, end)).fetchone()) and row[0] is not None:
        key, first = _period(kind, row[0], chosen.zone)
        for _, model, _, _, *values in index.connection.execute(query, (row[0], min(first, end))):
            yield key, model, row_values(values)


def row_values(values: Sequence[int]) -> tuple[int, ...]:
    """Return what `Row.add` takes from the columns of OF_QUARTERS or OF_RESPONSES."""
    dollars, rest = values[7] or 0, values[8] or 0
    return (*values[:7], dollars * PICO + rest, *values[9:])


def _limits(chosen: Range) -> tuple[int, int]:
    """Return the first quarter, and the one after the last."""
    first, end = -(1 << 60), 1 << 60
    if chosen.since is not None:
        first = _start(chosen.since, chosen.zone)
    if chosen.until is not None:
        end = _start(chosen.until + timedelta(days=1), chosen.zone)
    return first, end


def _condition(index: Index, chosen: Range) -> str:
    """Return the SQL that chooses a project, a model and sessions, by the numbers of names."""
    if chosen.project is None and chosen.model is None and chosen.sessions is None:
        return ""
    names = index.connection.execute("SELECT id, name FROM names").fetchall()
    projects = [str(number) for number, name in names if chosen.includes_project(name)]
    models = [str(number) for number, name in names if chosen.includes_model(name)]
    columns = {"project": projects, "model": models}
    if chosen.sessions is not None:
        columns["session"] = [str(number) for number, name in names if name in chosen.sessions]
    return " ".join(f"AND q.{name} IN ({', '.join(ids)})" for name, ids in columns.items())


def _start(day: date, zone: tzinfo) -> int:
    """Return the quarter with which a day begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(midnight.timestamp()) * 1000 // QUARTER_MS


def _period(kind: str, quarter: int, zone: tzinfo) -> tuple[str, int]:
    """Return the key of the period that a quarter is in, and the quarter with which it ends."""
    at = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, zone)
    day = at.date()
    if kind == "hour":
        return at.strftime("%Y-%m-%dT%H:00%z"), quarter + 4 - at.minute // 15
    if kind == "month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return at.strftime("%Y-%m"), _start(following, zone)
    if kind == "week":
        day -= timedelta(days=day.weekday())
    end = _start(day + timedelta(days=7 if kind == "week" else 1), zone)
    return day.isoformat(), max(end, quarter + 1)


def shares(index: Index, kind: str, chosen: Range) -> dict[str, dict[str, int]]:
    """Return the cost of each model (picodollars) in each row of one of KINDS."""
    costs: dict[str, dict[str, int]] = {}
    for key, model, values in _sums(index, kind, chosen):
        row = costs.setdefault(key, {})
        row[model] = row.get(model, 0) + values[7]
    return costs
