"""Add responses to the index, each counted once, and keep the sums of each quarter of an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.storage.usage_index.batch import Batch, chunks, joined
from usageline.storage.usage_index.forks import Forks
from usageline.storage.usage_index.names import Names
from usageline.usage.local.responses import (
    Claim,
    Part,
    Response,
    Tokens,
    merged,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.prices import PriceList

    Stored = tuple[Any, ...]

QUARTER_MS = 900_000
"""Every time zone in use is a multiple of it from UTC, and so is every change of one."""

COLUMNS = (
    "key, part, grouped, at, last_at, model, project, session, input, output, write_5m, "
    "write_1h, read, searches, fast, us, sidechain, finished, copied, cost"
)
INSERT = f"INSERT INTO responses ({COLUMNS}) VALUES ({', '.join('?' * 20)})"  # noqa: S608
SELECT = f"SELECT {COLUMNS} FROM responses WHERE "  # noqa: S608
SUMS = """
INSERT INTO quarters
SELECT at / 900000, session, project, model, count(*), sum(NOT finished), sum(cost IS NULL),
       sum(input), sum(output), sum(write_5m), sum(write_1h), sum(read), sum(searches),
       coalesce(sum(cost), 0)
FROM responses WHERE at >= ? AND at < ? GROUP BY 1, 2, 3, 4
"""

STATE = """
INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
started = max(started, excluded.started), input = max(input, excluded.input),
output = max(output, excluded.output), cache_write = max(cache_write, excluded.cache_write),
cache_read = max(cache_read, excluded.cache_read),
web_searches = max(web_searches, excluded.web_searches)
"""


class Writer:
    """Write batches in transactions of the caller's."""

    def __init__(self, index: Index, prices: PriceList) -> None:
        self._connection: sqlite3.Connection = index.connection
        self._prices = prices
        self._names = Names(index.connection)
        self._forks = Forks(index.connection, self._names)
        self._inserts: list[tuple[object, ...]] = []

    def write(self, batch: Batch) -> None:
        """Add a batch. Its order, and what of it is known already, changes no total."""
        quarters: set[int] = set()
        self._forks.load()
        for keys in chunks(batch.single):
            known = self._known("key", keys)
            claims = self._forks.claims("key", list(known))
            for key in keys:
                rows = known.get(key, ())
                self._replace(rows, claims.get(key), batch.single[key], quarters)
            self._flush()
        for key, group in batch.grouped.items():
            known = self._known("grouped", [key])
            stored = [self._response(rows) for rows in known.values()]
            for response in joined([*stored, *group]):
                self._insert(response, quarters)
            for rows in known.values():
                quarters.add(rows[0][3] // QUARTER_MS)
        self._flush()
        if self._forks.must_settle:
            quarters.update(at // QUARTER_MS for at in self._forks.settle())
        self._sum(quarters)
        self._connection.executemany(
            STATE,
            [
                (self._names.number(session), self._names.number(model), started, *counts)
                for (session, model), (started, counts) in batch.states.items()
            ],
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO owners VALUES (?, ?)",
            [tuple(map(self._names.number, owner)) for owner in batch.owners],
        )

    def reprice(self) -> None:
        """Compute every cost anew, after a change of the prices."""
        update = "UPDATE responses SET cost = ? WHERE key = ? AND part = ?"
        rows = self._connection.execute(SELECT + "1").fetchall()
        self._connection.executemany(
            update, ((self._cost(self._part(row), row[3]), row[0], row[1]) for row in rows)
        )
        self._connection.execute("DELETE FROM quarters")
        self._connection.execute(SUMS, (-(1 << 60), 1 << 60))

    def forget(self, before: int) -> None:
        """Remove what is older than that time (epoch ms), and files that are not listed."""
        quarter = before // QUARTER_MS
        self._connection.execute("DELETE FROM responses WHERE at < ?", (quarter * QUARTER_MS,))
        self._connection.execute("DELETE FROM quarters WHERE quarter < ?", (quarter,))
        self._connection.execute("DELETE FROM claims WHERE key NOT IN (SELECT key FROM responses)")
        self._connection.execute(
            "DELETE FROM states "
            "WHERE started < ? AND session NOT IN (SELECT session FROM quarters)",
            (before,),
        )
        self._connection.execute(
            "DELETE FROM owners WHERE session NOT IN (SELECT session FROM quarters)"
        )

    def _replace(
        self,
        rows: Sequence[Stored],
        claims: tuple[Claim, ...] | None,
        response: Response,
        quarters: set[int],
    ) -> None:
        if rows:
            stored = self._response(rows, claims)
            response = merged(stored, response)
            if response == stored:
                return
            quarters.add(stored.at // QUARTER_MS)
            self._connection.execute("DELETE FROM responses WHERE key = ?", (response.key,))
        self._insert(response, quarters)

    def _insert(self, response: Response, quarters: set[int]) -> None:
        at = response.at
        quarters.add(at // QUARTER_MS)
        key, grouped = response.key, None
        if response.grouped:
            key, grouped = key + at.to_bytes(8, "big", signed=True), key
        claim = self._forks.owner(key, response.claims)
        project, session = self._names.number(claim.project), self._names.number(claim.session)
        for number, part in enumerate(response.parts):
            self._inserts.append(
                (
                    *(key, number, grouped, at, response.last_at),
                    *(self._names.number(part.model), project, session),
                    *part.tokens,
                    *(part.fast, part.us, not response.rank[1], response.finished, claim.copied),
                    self._cost(part, at),
                )
            )

    def _flush(self) -> None:
        self._connection.executemany(INSERT, self._inserts)
        self._inserts.clear()

    def _known(self, column: str, keys: list[bytes]) -> dict[bytes, list[Stored]]:
        marks = ", ".join("?" * len(keys))
        known: dict[bytes, list[Stored]] = {}
        for row in self._connection.execute(
            f"{SELECT}{column} IN ({marks}) ORDER BY key, part", keys
        ):
            known.setdefault(row[0], []).append(row)
        if column == "grouped":
            self._connection.execute("DELETE FROM responses WHERE grouped = ?", keys)
        return known

    def _response(
        self, rows: Sequence[Stored], claims: tuple[Claim, ...] | None = None
    ) -> Response:
        first = rows[0]
        parts = tuple(map(self._part, rows))
        tokens = parts[0].tokens
        return Response(
            first[2] if first[2] is not None else first[0],
            first[2] is not None,
            claims
            or (
                Claim(
                    self._names.name(first[7]),
                    first[3],
                    self._names.name(first[6]),
                    bool(first[18]),
                ),
            ),
            first[4],
            (tokens.output, not first[16], bool(first[17]), sum(tokens)),
            bool(first[17]),
            parts,
        )

    def _part(self, row: Stored) -> Part:
        return Part(self._names.name(row[5]), Tokens(*row[8:14]), bool(row[14]), bool(row[15]))

    def _cost(self, part: Part, at: int) -> int | None:
        return self._prices.cost(part, at)

    def _sum(self, quarters: set[int]) -> None:
        for first, last in _ranges(quarters):
            self._connection.execute(
                "DELETE FROM quarters WHERE quarter BETWEEN ? AND ?", (first, last)
            )
            self._connection.execute(SUMS, (first * QUARTER_MS, (last + 1) * QUARTER_MS))


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of consecutive numbers."""
    start = last = None
    for number in sorted(numbers):
        if last is not None and number == last + 1:
            last = number
            continue
        if start is not None and last is not None:
            yield start, last
        start = last = number
    if start is not None and last is not None:
        yield start, last
