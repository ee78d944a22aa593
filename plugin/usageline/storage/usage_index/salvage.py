"""Take what can still be read from a damaged index that was set aside.

The transcripts of its older responses are gone, so it may be the only record of them. Nothing of it
is trusted: each value is checked, and each response is merged as one from a transcript.
"""

from __future__ import annotations

import contextlib
import sqlite3
from itertools import groupby, pairwise, product
from typing import TYPE_CHECKING, Any

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index.checks import check_files
from usageline.storage.usage_index.database import connect
from usageline.storage.usage_index.tables import SCHEMA
from usageline.storage.usage_index.writer import COLUMNS, response_of_rows
from usageline.usage.local.cost_states import CostState, Counts, Owner
from usageline.usage.local.responses import KEY_BYTES, MAX_COUNT, Batch, Claim, Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    Row = tuple[Any, ...]

MAX_AT = 1 << 48
MAX_NAME = 8192
RANGES = tuple(pairwise([b"", *(bytes([first]) for first in range(1, 256)), b"\xff" * 32]))
"""Keys are evenly spread: a damaged page hides rows of its own range only."""


def batch(path: str) -> Batch:
    """Return the responses and counters that the database at `path` still has."""
    saved = Batch()
    with contextlib.suppress(sqlite3.Error, StoreBroken, OSError, UnicodeDecodeError):
        check_files(path)
        with contextlib.closing(connect(path)) as connection:
            _add(connection, saved)
    return saved


def _add(connection: sqlite3.Connection, saved: Batch) -> None:
    names = {
        number: name
        for number, name in _rows(connection, "names", "id, name", "id")
        if isinstance(name, str) and len(name) <= MAX_NAME
    }
    claims: dict[bytes, dict[str, Claim]] = {}
    for key, session, at, project, copied in _rows(
        connection, "claims", "key, session, at, project, copied", "key"
    ):
        if isinstance(key, bytes) and session in names and project in names and _is_at(at):
            claim = Claim(names[session], at, names[project], bool(copied))
            claims.setdefault(key, {})[claim.session] = claim
    rows = sorted(
        {
            row[:2]: row for row in _rows(connection, "responses", COLUMNS, "key") if _is_good(row)
        }.values()
    )
    for key, parts in groupby(rows, key=lambda row: row[0]):
        response = _response(list(parts), names, claims.get(key, {}))
        if response is not None:
            saved.add(response)
    columns = "session, model, started, input, output, cache_write, cache_read, web_searches"
    for session, model, started, *values in _rows(connection, "states", columns, "session"):
        if session in names and model in names and all(map(_is_count, values)) and _is_at(started):
            saved.add_state(CostState(names[session], started, {names[model]: Counts(*values)}))
    for session, account in _rows(connection, "owners", "session, account", "session"):
        if session in names and account in names:
            saved.add_state(Owner(names[session], names[account]))


def _rows(connection: sqlite3.Connection, table: str, columns: str, key: str) -> Iterator[Row]:
    """Yield the rows that can be read, some of them twice."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' LIMIT 64"
    schema = dict(connection.execute(query))
    if schema.get(table) not in SCHEMA:
        return
    select = f"SELECT {columns} FROM {table} "  # noqa: S608 - names of this module
    try:
        yield from connection.execute(f"{select} ORDER BY {key}").fetchall()
    except sqlite3.Error:
        where, ranges = ("WHERE key >= ? AND key < ?", RANGES) if key == "key" else ("", ((),))
        for bounds, order in product(ranges, ("ASC", "DESC")):
            with contextlib.suppress(sqlite3.Error):
                yield from connection.execute(f"{select} {where} ORDER BY {key} {order}", bounds)


def _is_good(row: Row) -> bool:
    key, part, grouped, at, last_at, *_ = row
    return (
        isinstance(key, bytes)
        and (len(key) == KEY_BYTES if grouped is None else key[:KEY_BYTES] == grouped)
        and isinstance(part, int)
        and _is_at(at)
        and (_is_at(last_at) or grouped is None)
        and all(map(_is_count, row[8:14]))
        and all(flag in {0, 1} for flag in row[14:19])
    )


def _is_at(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < MAX_AT


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 2 * MAX_COUNT


def _response(rows: list[Row], names: dict[int, str], claims: dict[str, Claim]) -> Response | None:
    """Return the response of these rows, None if one of them is missing or names nothing."""
    if [row[1] for row in rows] != list(range(len(rows))):
        return None
    if any(number not in names for row in rows for number in row[5:8]):
        return None
    return response_of_rows(rows, names.__getitem__, tuple(sorted(claims.values())))
