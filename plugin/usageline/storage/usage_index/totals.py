"""Sum the year's usage by model for metrics, without the index's lock and without a long check.

The counters begin anew with each year, which Prometheus takes for a restart. Sums over the whole
index would shrink when it forgets old days, and Prometheus would count each loss as new usage.
"""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import datetime, timezone

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index import database
from usageline.storage.usage_index.queries import OF_QUARTERS, Row, row_values
from usageline.storage.usage_index.tables import EXPECTED, QUARTER_MS, schema

TIMEOUT_S = 1.0
BUSY_TIMEOUT_MS = 100

QUERY = f"""
SELECT m.name, {OF_QUARTERS}
FROM quarters q JOIN names m ON m.id = q.model
WHERE quarter >= ? GROUP BY m.name ORDER BY m.name LIMIT 1000
"""  # noqa: S608 - names of another module


def year_start(now: float) -> int:
    """Return when the year of `now` began in UTC, in epoch seconds."""
    year = datetime.fromtimestamp(now, timezone.utc).year
    return int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp())


# tried by: tests/storage
def since_new_year(directory: str, now: float) -> dict[str, Row]:
    """Return the sums of each model since the year of `now` began, {} without a usable index.

    A write-ahead log lets other processes write meanwhile.
    """
    path = os.path.join(directory, database.NAME)
    try:
        database.check_files(path)
        if not os.path.isfile(path) or not os.path.getsize(path):
            return {}
        connection = database.connect(path)
    except (StoreBroken, sqlite3.Error, OSError):
        return {}
    try:
        return _sums(connection, year_start(now) * 1000 // QUARTER_MS)
    except (sqlite3.Error, ValueError, TypeError):
        return {}
    finally:
        connection.close()


def _sums(connection: sqlite3.Connection, first: int) -> dict[str, Row]:
    # A damaged page may lead to itself.
    until = time.monotonic() + TIMEOUT_S
    connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if schema(connection) != EXPECTED:
        return {}
    rows = {}
    for model, *values in connection.execute(QUERY, (first,)):
        counts = row_values([int(value) for value in values])
        if min(counts) >= 0:
            row = rows[str(model)] = Row(str(model))
            row.add(counts, str(model))
    return rows
