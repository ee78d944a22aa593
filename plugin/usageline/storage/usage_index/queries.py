"""Sum what the index has between two times."""

from __future__ import annotations

from usageline.storage.usage_index.tables import QUARTER_MS
from usageline.usage.local.prices import PICO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from usageline.storage.usage_index.database import Index

COUNTS = ("input", "output", "write_5m", "write_1h", "read", "searches", "responses")


def _columns(table: str, responses: str, unfinished: str, unpriced: str) -> str:
    """Return the sums that `row_values` takes. The halves of a cost cannot overflow."""
    columns = [f"sum({table}.{name})" for name in COUNTS[:-1]]
    cost = f"sum({table}.cost / {PICO}), sum({table}.cost % {PICO})"
    return f"{', '.join(columns)}, {responses}, {cost}, {unfinished}, {unpriced}"


OF_QUARTERS = _columns("q", "sum(q.responses)", "sum(q.unfinished)", "sum(q.unpriced)")
OF_RESPONSES = _columns("r", "count(*)", "sum(NOT r.finished)", "sum(r.cost IS NULL)")

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


def row_values(values: Sequence[int]) -> tuple[int, ...]:
    """Return what `Row.add` takes from the columns of OF_QUARTERS or OF_RESPONSES."""
    dollars, rest = values[7] or 0, values[8] or 0
    return (*values[:7], dollars * PICO + rest, *values[9:])
