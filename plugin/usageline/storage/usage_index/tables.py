"""The tables of the index, and the one with each model, project and session as a number."""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")

MAX_VARIABLES = 500
"""Of one statement; SQLite allows 999 everywhere."""

QUARTER_MS = 900_000
"""Every time zone in use is a multiple of it from UTC, and so is every change of one."""

COLUMNS = {
    "files": "device inode size modified_ns offset digest:BLOB too_long",
    "folders": "path:TEXT device inode modified_ns changed_ns folders:TEXT files:TEXT",
    "responses": (
        "key:BLOB part grouped:BLOB? at last_at model project session input output write_5m "
        "write_1h read searches fast us sidechain finished copied cost:INTEGER?"
    ),
    "claims": "key:BLOB session at project copied",
    "forks": "session first_own",
    "states": "session model started input output cache_write cache_read web_searches",
    "owners": "session account",
    "quarters": (
        "quarter session project model responses unfinished unpriced input output write_5m "
        "write_1h read searches cost"
    ),
}
"""Of each table, with its type if it is not INTEGER, and `?` if it may be NULL.

`claims` has the responses of more than one session, and `forks` those sessions. `states` has
what Claude Code itself counted in a session, and `owners` its account.
"""

KEYS = {
    "files": "device, inode",
    "folders": "path",
    "responses": "key, part",
    "claims": "key, session",
    "forks": "session",
    "states": "session, model",
    "owners": "session, account",
    "quarters": "quarter, session, project, model",
}


def _table(name: str) -> str:
    columns = []
    for column in COLUMNS[name].split():
        label, _, kind = column.partition(":")
        null = "" if kind.endswith("?") else " NOT NULL"
        columns.append(f"{label} {kind.rstrip('?') or 'INTEGER'}{null}")
    return f"CREATE TABLE {name} ({', '.join(columns)}, PRIMARY KEY ({KEYS[name]})) WITHOUT ROWID"


SCHEMA = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    *map(_table, COLUMNS),
    "CREATE INDEX responses_at ON responses (at)",
    "CREATE INDEX responses_grouped ON responses (grouped) WHERE grouped IS NOT NULL",
)


def schema(connection: sqlite3.Connection) -> list[tuple[str | None, ...]]:
    """Return every table, index, trigger and view."""
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name LIMIT 64"
    ).fetchall()


def _expected() -> list[tuple[str | None, ...]]:
    rows: list[tuple[str | None, ...]] = [("index", "sqlite_autoindex_names_1", "names", None)]
    for statement in SCHEMA:
        _, kind, name, *words = statement.split(maxsplit=5)
        rows.append((kind.lower(), name, words[1] if kind == "INDEX" else name, statement))
    return sorted(rows, key=lambda row: row[:2])


EXPECTED = _expected()


def chunks(keys: Iterable[T]) -> Iterator[list[T]]:
    """Yield the keys, no more at once than one statement takes."""
    remaining = iter(keys)
    while chunk := list(islice(remaining, MAX_VARIABLES)):
        yield chunk


class Names(dict[str, int]):
    """The numbers of the names. Reading that of a new name stores it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection
        self._by_number: dict[int, str] = {}

    def __missing__(self, name: str) -> int:
        """Return the number of a name that was not read before."""
        # SQLite's text is UTF-8: a lone surrogate cannot be stored.
        stored = (name.encode("utf-8", "replace").decode(),)
        self._connection.execute("INSERT OR IGNORE INTO names (name) VALUES (?)", stored)
        query = "SELECT id FROM names WHERE name = ?"
        (number,) = self._connection.execute(query, stored).fetchone()
        self[name] = number
        return int(number)

    def name(self, number: int) -> str:
        """Return the name of a number, "" if there is none."""
        name = self._by_number.get(number)
        if name is None:
            query = "SELECT name FROM names WHERE id = ?"
            row = self._connection.execute(query, (number,)).fetchone()
            name = self._by_number[number] = row[0] if row else ""
        return name
