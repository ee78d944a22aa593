"""Add responses to the index, each counted once, and keep the sums of each quarter of an hour."""

from __future__ import annotations

from usageline.storage.usage_index.forks import Forks
from usageline.storage.usage_index.tables import QUARTER_MS, Names, chunks
from usageline.usage.local.prices import PICO
from usageline.usage.local.responses import Batch, Claim, Part, Response, Tokens, joined, merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.prices import PriceList

    Stored = tuple[Any, ...]

COLUMNS = (
    "key, part, grouped, at, last_at, model, project, session, input, output, write_5m, "
    "write_1h, read, searches, fast, us, sidechain, finished, copied, cost"
)
VALUES = (
    "key, part, at, model, project, session, input, output, write_5m, write_1h, read, searches, "
    "fast, us, sidechain, finished, copied, cost"
)
INSERT = f"INSERT INTO responses ({VALUES}, last_at) VALUES ({'?, ' * 18} 0)"  # noqa: S608
INSERT_GROUPED = f"""
INSERT INTO responses ({VALUES}, last_at, grouped) VALUES ({", ".join("?" * 20)})
"""  # noqa: S608 - names of this module
SELECT = f"SELECT {COLUMNS} FROM responses WHERE "  # noqa: S608
MAX_COST = 4 * 10**18
"""Of a quarter; two of them are still an integer of SQLite's."""

MAX_WRITTEN = 100_000
"""Keys of a first build that are remembered: 8 MiB."""

SUMS = f"""
INSERT INTO quarters
SELECT (at - (at % {QUARTER_MS} + {QUARTER_MS}) % {QUARTER_MS}) / {QUARTER_MS},
       session, project, model, count(*), sum(NOT finished), sum(cost IS NULL),
       sum(input), sum(output), sum(write_5m), sum(write_1h), sum(read), sum(searches),
       min(coalesce(sum(cost / {PICO}), 0), {MAX_COST // PICO}) * {PICO}
       + coalesce(sum(cost % {PICO}), 0)
FROM responses WHERE at >= ? AND at < ? GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - numbers of this module
ADD = f"""
INSERT INTO quarters VALUES ({", ".join("?" * 14)}) ON CONFLICT DO UPDATE SET
responses = responses + excluded.responses, unfinished = unfinished + excluded.unfinished,
unpriced = unpriced + excluded.unpriced, input = input + excluded.input,
output = output + excluded.output, write_5m = write_5m + excluded.write_5m,
write_1h = write_1h + excluded.write_1h, read = read + excluded.read,
searches = searches + excluded.searches, cost = min(cost + excluded.cost, {MAX_COST})
"""  # noqa: S608 - as above

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
        is_new = index.connection.execute("SELECT 1 FROM responses LIMIT 1").fetchone() is None
        self._written: set[bytes] | None = set() if is_new else None
        self._single: list[tuple[object, ...]] = []
        self._grouped: list[tuple[object, ...]] = []
        self._added: dict[tuple[int, int, int, int], list[int]] = {}
        self._changed: set[int] = set()

    def write(self, batch: Batch) -> None:
        """Add a batch. Its order, and what of it is known already, changes no total."""
        self._forks.load()
        self._write_single(batch)
        self._write_grouped(batch)
        if self._forks.must_settle:
            self._changed.update(at // QUARTER_MS for at in self._forks.settle())
        self._sum()
        self._connection.executemany(
            STATE,
            [
                (self._names[session], self._names[model], started, *counts)
                for (session, model), (started, counts) in batch.states.items()
            ],
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO owners VALUES (?, ?)",
            [tuple(self._names[name] for name in owner) for owner in batch.owners],
        )

    def reprice(self) -> None:
        """Recompute every cost after a change of the prices."""
        update = "UPDATE responses SET cost = ? WHERE key = ? AND part = ?"
        rows = self._connection.execute(SELECT + "1").fetchall()
        self._connection.executemany(
            update,
            (
                (self._prices.cost(_part(row, self._names.name), row[3]), row[0], row[1])
                for row in rows
            ),
        )
        self._connection.execute("DELETE FROM quarters")
        self._connection.execute(SUMS, (-(1 << 60), 1 << 60))

    def _write_single(self, batch: Batch) -> None:
        written = self._written
        # Neighbors in the table one after another: fewer pages are read and written.
        for keys in chunks(sorted(batch.single)):
            # Of an index that was empty, the keys are known without it.
            stored_keys = keys if written is None else [key for key in keys if key in written]
            known = self._known("key", stored_keys) if stored_keys else {}
            claims = self._forks.claims("key", list(known)) if known else {}
            for key in keys:
                response = batch.single[key]
                if key in known:
                    stored = response_of_rows(known[key], self._names.name, claims.get(key, ()))
                    response = merged(stored, response)
                    if response == stored:
                        continue
                    self._changed.add(stored.at // QUARTER_MS)
                    self._connection.execute("DELETE FROM responses WHERE key = ?", (key,))
                self._insert(response)
            self._flush()
        if written is not None:
            written.update(batch.single)
            if len(written) > MAX_WRITTEN:
                self._written = None

    def _write_grouped(self, batch: Batch) -> None:
        for key, group in batch.grouped.items():
            known = self._known("grouped", [key])
            stored = [response_of_rows(rows, self._names.name) for rows in known.values()]
            self._changed.update(each.at // QUARTER_MS for each in stored)
            for response in joined([*stored, *group]):
                self._insert(response)
        self._flush()

    def _insert(self, response: Response) -> None:
        key, is_grouped, claims, last_at, rank, finished, parts = response
        owner, at, directory, copied = claims[0]
        if len(claims) > 1:
            at = response.at
        own_key = key + at.to_bytes(8, "big", signed=True) if is_grouped else key
        if len(claims) > 1 or owner in self._forks.first_own:
            owner, _, directory, copied = self._forks.owner(own_key, claims)
        numbers = self._names
        project, session, quarter = numbers[directory], numbers[owner], at // QUARTER_MS
        # sqlite3 looks for an adapter of bytes and of booleans, which takes longer than the rest.
        row_key, flags = bytearray(own_key), (+(not rank[1]), +finished, +copied)
        for number, part in enumerate(parts):
            name, tokens, fast, us = part
            cost, model = self._prices.cost(part, at), numbers[name]
            row = (row_key, number, at, model, project, session, *tokens, +fast, +us, *flags, cost)
            if is_grouped:
                self._grouped.append((*row, last_at, key))
            else:
                self._single.append(row)
            sums = self._added.get((quarter, session, project, model))
            if sums is None:
                sums = self._added[quarter, session, project, model] = [0] * 10
            _add(sums, tokens, cost, finished=finished)

    def _flush(self) -> None:
        self._connection.executemany(INSERT, self._single)
        self._connection.executemany(INSERT_GROUPED, self._grouped)
        self._single.clear()
        self._grouped.clear()

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

    def _sum(self) -> None:
        """Add what is new to its quarters, and sum those anew from which something went."""
        self._connection.executemany(
            ADD,
            [
                (*row, *sums[:9], min(sums[9], MAX_COST))
                for row, sums in self._added.items()
                if row[0] not in self._changed
            ],
        )
        for first, last in _ranges(self._changed):
            self._connection.execute(
                "DELETE FROM quarters WHERE quarter BETWEEN ? AND ?", (first, last)
            )
            self._connection.execute(SUMS, (first * QUARTER_MS, (last + 1) * QUARTER_MS))
        self._added, self._changed = {}, set()


def response_of_rows(
    rows: Sequence[Stored], name: Callable[[int], str], claims: tuple[Claim, ...] = ()
) -> Response:
    """Return the response of rows with COLUMNS. `name` returns the name of a number.

    `claims` are those of all sessions with it, () if it has only one.
    """
    key, _, group, at, last_at, _, project, session = rows[0][:8]
    sidechain, finished, copied = map(bool, rows[0][16:19])
    parts = tuple([_part(row, name) for row in rows])
    tokens = parts[0].tokens
    return Response(
        key if group is None else group,
        group is not None,
        claims or (Claim(name(session), at, name(project), copied),),
        0 if group is None else last_at,
        (tokens.output, not sidechain, finished, sum(tokens)),
        finished,
        parts,
    )


def _part(row: Stored, name: Callable[[int], str]) -> Part:
    return Part(name(row[5]), Tokens(*row[8:14]), bool(row[14]), bool(row[15]))


def _add(sums: list[int], tokens: Tokens, cost: int | None, *, finished: bool) -> None:
    """Add a part of a response to the sums of its quarter, in the order of the table."""
    sent, output, write_5m, write_1h, read, searches = tokens
    sums[0] += 1
    sums[3] += sent
    sums[4] += output
    sums[5] += write_5m
    sums[6] += write_1h
    sums[7] += read
    if not finished:
        sums[1] += 1
    if searches:
        sums[8] += searches
    if cost is None:
        sums[2] += 1
    else:
        sums[9] += cost


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
