"""Sum the year's usage by model for metrics, and remember the highest counters that it gave.

The counters begin anew with each year, which Prometheus takes for a restart. Sums over the whole
index would shrink when it forgets old days, and Prometheus would count each loss as new usage.

The highest counters are in the cache, with the time at which they began (`since`):

    {"version": 1, "since": 1767225600, "counters": [["usageline_…_total", ["opus"], 12.5]]}

Without that file only corrections of the index are visible, so it is neither checked by a digest
nor repaired.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from usageline.core.errors import StoreBroken
from usageline.core.json_file import json_file
from usageline.storage.usage_index.checks import NAME, check_files
from usageline.storage.usage_index.database import connect
from usageline.storage.usage_index.queries import OF_QUARTERS, Row, row_values
from usageline.storage.usage_index.tables import EXPECTED, QUARTER_MS, schema
from usageline.system.files import write_atomic
from usageline.usage.metric_samples import LOCAL, Highest
from usageline.usage.values import number

if TYPE_CHECKING:
    from usageline.system.paths import Paths

TIMEOUT_S = 1.0
BUSY_TIMEOUT_MS = 100

COUNTERS = "counters.json"
VERSION = 1
MAX_SERIES = 1000
MAX_LABEL = 64
MAX_VALUE = 1e15

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

    It takes neither the index's lock nor a long check. A write-ahead log lets other processes write
    meanwhile.
    """
    path = os.path.join(directory, NAME)
    try:
        if not check_files(path):
            return {}
        with contextlib.closing(connect(path)) as connection:
            return _sums(connection, year_start(now) * 1000 // QUARTER_MS)
    except (StoreBroken, sqlite3.Error, OSError, ValueError, TypeError):
        return {}


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


# tried by: tests/storage
def load_counters(paths: Paths, since: int) -> Highest:
    """Return the counters that began at `since`, {} for those of another year."""
    row = json_file(f"{paths.cache_dir}/{COUNTERS}") or {}
    listed = row.get("counters") if row.get("since") == since else None
    highest: Highest = {}
    for entry in listed[:MAX_SERIES] if isinstance(listed, list) else ():
        if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[1], list):
            continue
        name, labels, value = entry[0], tuple(entry[1]), number(entry[2], 0, MAX_VALUE)
        is_series = any(
            metric.name == name and len(metric.labels) == len(labels) for metric in LOCAL
        )
        if is_series and value is not None and all(isinstance(label, str) for label in labels):
            highest[str(name), labels] = value
    return highest


def save_counters(paths: Paths, since: int, highest: Highest) -> None:
    """Write the counters. Ignore a disk that is full or read-only: the next export repeats it."""
    content = {
        "version": VERSION,
        "since": since,
        "counters": [
            [name, [label[:MAX_LABEL] for label in labels], value]
            for (name, labels), value in [*highest.items()][:MAX_SERIES]
        ],
    }
    with contextlib.suppress(OSError):
        path = f"{paths.cache_dir}/{COUNTERS}"
        write_atomic(path, json.dumps(content).encode() + b"\n", 0o600, sync=False)
