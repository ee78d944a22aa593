"""Add responses to the index, each counted once, and keep the sums of each quarter of an hour."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from usageline.usage.local.cost_states import Counts
from usageline.usage.local.responses import (
    NONE_OWN,
    Claim,
    Part,
    Response,
    Tokens,
    is_of_group,
    merged,
    owner,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.cost_states import CostState
    from usageline.usage.local.prices import PriceList

    Stored = tuple[Any, ...]
    T = TypeVar("T")

QUARTER_MS = 900_000
"""Every time zone in use is a multiple of it from UTC, and so is every change of one."""

MAX_VARIABLES = 500
"""Of one statement; SQLite allows 999 everywhere."""

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

# At one time, the session whose first own response is a subagent's precedes: its fork copied the
# conversation, and not what still ran beside it.
FIRST_OWN = """
WITH forked AS (SELECT DISTINCT session FROM claims),
decided AS (
  SELECT key, min(session) AS session, min(at) AS at FROM claims WHERE NOT copied
  GROUP BY key HAVING count(*) = 1
),
own AS (
  SELECT session, at * 2 + NOT sidechain AS first FROM responses
  WHERE session IN forked AND NOT copied AND key NOT IN (SELECT key FROM claims)
  UNION ALL
  SELECT d.session, d.at * 2 + NOT r.sidechain
  FROM decided d JOIN responses r ON r.key = d.key AND r.part = 0
)
SELECT f.session, min(o.first) FROM forked f LEFT JOIN own o ON o.session = f.session GROUP BY 1
"""
ASSIGN = """
UPDATE responses SET session = ?, project = ? WHERE key = ? AND (session != ? OR project != ?)
"""
STATE = """
INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
started = max(started, excluded.started), input = max(input, excluded.input),
output = max(output, excluded.output), cache_write = max(cache_write, excluded.cache_write),
cache_read = max(cache_read, excluded.cache_read),
web_searches = max(web_searches, excluded.web_searches)
"""


class Batch:
    """Responses that are not in the index yet. Lines of one response are merged here first."""

    def __init__(self) -> None:
        self.single: dict[bytes, Response] = {}
        self.grouped: dict[bytes, list[Response]] = {}
        self.states: dict[tuple[str, str], tuple[int, Counts]] = {}
        self.lines = 0

    def add(self, response: Response) -> None:
        """Add what one line says."""
        self.lines += 1
        if response.grouped:
            group = self.grouped.setdefault(response.key, [])
            group[:] = _joined([*group, response])
            return
        known = self.single.get(response.key)
        self.single[response.key] = response if known is None else merged(known, response)

    def add_state(self, state: CostState) -> None:
        """Add what Claude Code itself counted in a session."""
        for model, counts in state.models.items():
            key = (state.session, model)
            started, known = self.states.get(key, (0, Counts()))
            self.states[key] = (max(started, state.started), counts.greatest(known))

    def __len__(self) -> int:
        return len(self.single) + len(self.grouped)


class Writer:
    """Write batches in transactions of the caller's."""

    def __init__(self, index: Index, prices: PriceList) -> None:
        self._connection: sqlite3.Connection = index.connection
        self._prices = prices
        self._ids: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._inserts: list[tuple[object, ...]] = []
        self._first_own: dict[str, int] = {}
        self._must_settle = False

    def write(self, batch: Batch) -> None:
        """Add a batch. Its order, and what of it is known already, changes no total."""
        quarters: set[int] = set()
        self._first_own = {
            self._name(number): first
            for number, first in self._connection.execute("SELECT session, first_own FROM forks")
        }
        for keys in _chunks(batch.single):
            known = self._known("key", keys)
            claims = self._claims("key", list(known))
            for key in keys:
                rows = known.get(key, ())
                self._replace(rows, claims.get(key), batch.single[key], quarters)
            self._flush()
        for key, group in batch.grouped.items():
            known = self._known("grouped", [key])
            stored = [self._response(rows) for rows in known.values()]
            for response in _joined([*stored, *group]):
                self._insert(response, quarters)
            for rows in known.values():
                quarters.add(rows[0][3] // QUARTER_MS)
        self._flush()
        if self._must_settle:
            self._settle(quarters)
        self._sum(quarters)
        self._connection.executemany(
            STATE,
            [
                (self._id(session), self._id(model), started, *counts)
                for (session, model), (started, counts) in batch.states.items()
            ],
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
            "DELETE FROM states WHERE started < ? AND session NOT IN (SELECT session FROM quarters)",
            (before,),
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
        claim = self._owner(key, response.claims)
        project, session = self._id(claim.project), self._id(claim.session)
        for number, part in enumerate(response.parts):
            self._inserts.append(
                (
                    *(key, number, grouped, at, response.last_at),
                    *(self._id(part.model), project, session),
                    *part.tokens,
                    *(part.fast, part.us, not response.rank[1], response.finished, claim.copied),
                    self._cost(part, at),
                )
            )

    def _owner(self, key: bytes, claims: tuple[Claim, ...]) -> Claim:
        """Return the claim that counts as far as is known, and store them if they are several."""
        if len(claims) == 1:
            first_own = self._first_own.get(claims[0].session)
            if first_own is not None and (claims[0].at * 2 <= first_own or first_own == NONE_OWN):
                self._must_settle = True
            return claims[0]
        self._must_settle = True
        self._connection.execute("DELETE FROM claims WHERE key = ?", (key,))
        self._connection.executemany(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?)",
            [
                (key, self._id(each.session), each.at, self._id(each.project), each.copied)
                for each in claims
            ],
        )
        return owner(claims, self._first_own)

    def _flush(self) -> None:
        self._connection.executemany(INSERT, self._inserts)
        self._inserts.clear()

    def _settle(self, quarters: set[int]) -> None:
        """Decide anew whose the shared responses are, after the sessions' own ones changed."""
        self._must_settle = False
        first_own = {
            self._name(number): NONE_OWN if first is None else first
            for number, first in self._connection.execute(FIRST_OWN)
        }
        changed = [name for name, first in first_own.items() if self._first_own.get(name) != first]
        self._first_own = first_own
        self._connection.execute("DELETE FROM forks")
        self._connection.executemany(
            "INSERT INTO forks VALUES (?, ?)",
            [(self._id(name), first) for name, first in first_own.items()],
        )
        for sessions in _chunks(changed):
            for key, claims in self._claims("session", list(map(self._id, sessions))).items():
                claim = owner(claims, first_own)
                values = (self._id(claim.session), self._id(claim.project))
                if self._connection.execute(ASSIGN, (*values, key, *values)).rowcount:
                    quarters.add(min(each.at for each in claims) // QUARTER_MS)

    def _claims(self, column: str, values: list[Any]) -> dict[bytes, tuple[Claim, ...]]:
        """Return the claims of the shared responses of which one has such a value."""
        marks = ", ".join("?" * len(values))
        claims: dict[bytes, list[Claim]] = {}
        for key, session, at, project, copied in self._connection.execute(
            "SELECT key, session, at, project, copied FROM claims WHERE key IN "  # noqa: S608
            f"(SELECT key FROM claims WHERE {column} IN ({marks}))",
            values,
        ):
            claims.setdefault(key, []).append(
                Claim(self._name(session), at, self._name(project), bool(copied))
            )
        return {key: tuple(sorted(each)) for key, each in claims.items()}

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
            or (Claim(self._name(first[7]), first[3], self._name(first[6]), bool(first[18])),),
            first[4],
            (tokens.output, not first[16], bool(first[17]), sum(tokens)),
            bool(first[17]),
            parts,
        )

    def _part(self, row: Stored) -> Part:
        return Part(self._name(row[5]), Tokens(*row[8:14]), bool(row[14]), bool(row[15]))

    def _cost(self, part: Part, at: int) -> int | None:
        return self._prices.cost(part, at)

    def _sum(self, quarters: set[int]) -> None:
        for first, last in _ranges(quarters):
            self._connection.execute(
                "DELETE FROM quarters WHERE quarter BETWEEN ? AND ?", (first, last)
            )
            self._connection.execute(SUMS, (first * QUARTER_MS, (last + 1) * QUARTER_MS))

    def _id(self, name: str) -> int:
        number = self._ids.get(name)
        if number is None:
            insert = "INSERT OR IGNORE INTO names (name) VALUES (?)"
            self._connection.execute(insert, (_storable(name),))
            (number,) = self._connection.execute(
                "SELECT id FROM names WHERE name = ?", (_storable(name),)
            ).fetchone()
            self._ids[name] = number
        return number

    def _name(self, number: int) -> str:
        name = self._names.get(number)
        if name is None:
            row = self._connection.execute(
                "SELECT name FROM names WHERE id = ?", (number,)
            ).fetchone()
            name = self._names[number] = row[0] if row else ""
        return name


def _joined(group: Iterable[Response]) -> list[Response]:
    """Merge those of one group that are one response, by the time between their lines."""
    joined: list[Response] = []
    for response in sorted(group, key=lambda each: (each.at, each.claims)):
        if joined and is_of_group(joined[-1], response):
            joined[-1] = merged(joined[-1], response)
        else:
            joined.append(response)
    return joined


def _chunks(keys: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(keys)
    while chunk := list(islice(remaining, MAX_VARIABLES)):
        yield chunk


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


def _storable(name: str) -> str:
    # SQLite's text is UTF-8: a lone surrogate cannot be stored.
    return name.encode("utf-8", "replace").decode()
