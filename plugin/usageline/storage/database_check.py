"""Check the store's database before diskcache, which trusts it, opens it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import time

from usageline.core.errors import StoreBroken

DATABASE = "cache.db"
JOURNAL = DATABASE + "-journal"
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""Ends a journal that names another file, as a transaction over several databases has one.

usageline's transactions never do.
"""

JOURNAL_SIZE = slice(16, 20)
"""Holds the number of pages to which SQLite cuts or stretches the database; big-endian."""

MAX_PAGES = (8 << 10).to_bytes(4, "big")
"""Of 512 bytes at least. usageline's largest database has 1024 pages of 4 KiB."""

BUSY_TIMEOUT_S = 1.0
"""The refresh lock makes this process the only one here.

Another program that holds the database must not delay it.
"""

TIMEOUT_S = 2.0
"""For the whole check, which usually takes milliseconds."""

MAX_TEXT = 64 << 10
"""Characters of one account's state."""

MAX_BYTES = 4 << 20
"""Of the database; enough for some hundred accounts."""

SETTINGS = {
    "statistics": 0,
    "tag_index": 0,
    "eviction_policy": "least-recently-stored",
    "size_limit": 2 << 20,
    "cull_limit": 10,
    "sqlite_auto_vacuum": 0,
    "sqlite_cache_size": 256,
    "sqlite_journal_mode": "delete",
    "sqlite_mmap_size": 0,
    "sqlite_synchronous": 1,
    "disk_min_file_size": MAX_TEXT,
    "disk_pickle_protocol": 0,
}
"""Every setting of diskcache, so that none is taken from the database.

No mapped memory: a file that is cut short under a mapping kills the process. No write-ahead log:
one process at a time needs none, and it leaves files beside the database.
"""

COUNTERS = ("count", "size", "hits", "misses")
"""Rows of the Settings table that diskcache changes itself."""

SCHEMA = "01bfe24d505002caf3448342387cc8aaffea7bba6343dd0e453a13f6b1a49ea2"
"""SHA-256 over the schema that diskcache 5.6.3 creates.

Any other view or trigger could run SQL of its author.
"""

IS_FOREIGN = (
    *("raw IS NOT 1", "mode IS NOT 1", "filename IS NOT NULL"),
    *("typeof(key) != 'text'", "typeof(value) != 'text'", f"length(value) > {MAX_TEXT}"),
)
FOREIGN_ROWS = "SELECT count(*) FROM Cache WHERE " + " OR ".join(IS_FOREIGN)  # noqa: S608


def check_database(directory: str) -> None:
    """Raise StoreBroken or sqlite3.Error, within seconds, unless usageline wrote the database.

    An empty file is accepted: it is a new one.
    """
    database = os.path.join(directory, DATABASE)
    for name in os.listdir(directory):
        if name.startswith(DATABASE):
            _check_file(name, os.path.join(directory, name))
    if os.lstat(database).st_size == 0:
        return
    with contextlib.closing(
        sqlite3.connect(database, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    ) as connection:
        # Pages that refer to each other in a circle would be read for ever.
        until = time.monotonic() + TIMEOUT_S
        connection.set_progress_handler(lambda: time.monotonic() > until, 1000)
        if schema_digest(connection) != SCHEMA:
            raise StoreBroken("tables that are not diskcache's")
        # Before any row is read: the queries below trust the pages.
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise StoreBroken("a damaged database")
        settings = dict(connection.execute("SELECT key, value FROM Settings LIMIT 64"))
        if {name: value for name, value in settings.items() if name not in COUNTERS} != SETTINGS:
            raise StoreBroken("unknown settings")
        if not all(type(settings.get(name)) is int for name in COUNTERS):
            raise StoreBroken("counters that do not count")
        if connection.execute(FOREIGN_ROWS).fetchone() != (0,):
            raise StoreBroken("rows of another program")
        # diskcache would wait a minute for a database that another process locked.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _check_file(name: str, path: str) -> None:
    """Raise StoreBroken if SQLite would open a file that usageline's own settings do not leave.

    SQLite follows links, waits for a FIFO, and reads and removes a file that a journal names.
    """
    info = os.lstat(path)
    if (
        name not in (DATABASE, JOURNAL)
        or not stat.S_ISREG(info.st_mode)
        or info.st_nlink != 1
        or info.st_size > MAX_BYTES
    ):
        raise StoreBroken(f"{name} is not a file of usageline's")
    if name == JOURNAL:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES)
        if content[JOURNAL_SIZE] > MAX_PAGES or content.endswith(JOURNAL_MAGIC):
            raise StoreBroken("a journal of another program")


def schema_digest(connection: sqlite3.Connection) -> str:
    """Return the SHA-256 over every table, index, trigger and view of the database."""
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name LIMIT 64"
    ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
