"""Looking through the store's database before diskcache, which trusts it, opens it."""

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
"""At the end of a journal: before it stands the name of a file that a transaction over several databases has. Ours is one."""

JOURNAL_SIZE = slice(16, 20)
"""Where a journal says how many pages the database had, to which it is cut or stretched; big-endian."""

MAX_PAGES = (8 << 10).to_bytes(4, "big")
"""Of 512 bytes at least. The largest database of ours has 1024, of 4 KiB."""

TIMEOUT_S = 2.0
"""For the look. A store of ours takes some milliseconds."""

MAX_TEXT = 64 << 10
"""Characters of one record."""

MAX_BYTES = 4 << 20
"""Of the database: some hundred accounts."""

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
"""Every setting that diskcache has, so that none is taken from the database. No mapped memory: a file that is cut short under a mapping kills
the process. No write-ahead log: one process at a time needs none, and it leaves files beside the database."""

COUNTERS = ("count", "size", "hits", "misses")
"""Rows of the Settings table that diskcache changes by itself."""

SCHEMA = "01bfe24d505002caf3448342387cc8aaffea7bba6343dd0e453a13f6b1a49ea2"
"""SHA-256 over the schema that diskcache 5.6.3 makes. A view or trigger that is not its own would run whatever it says."""

FOREIGN_ROWS = f"""SELECT count(*) FROM Cache WHERE raw IS NOT 1 OR mode IS NOT 1 OR filename IS NOT NULL OR typeof(key) != 'text'
    OR typeof(value) != 'text' OR length(value) > {MAX_TEXT}"""  # noqa: S608 - a constant of ours


def check_database(directory: str, busy_s: float) -> None:
    """StoreBroken or sqlite3.Error where the database in the store's directory is not one that we wrote, within seconds.

    An empty file is fine: it is a new one.
    """
    database = os.path.join(directory, DATABASE)
    for name in os.listdir(directory):
        if name.startswith(DATABASE):
            _check_file(name, os.path.join(directory, name))
    if os.lstat(database).st_size == 0:
        return
    with contextlib.closing(
        sqlite3.connect(database, timeout=busy_s, isolation_level=None)
    ) as connection:
        # Pages that lead to one another in a circle, or many times to the same, would be read for ever.
        until = time.monotonic() + TIMEOUT_S
        connection.set_progress_handler(lambda: time.monotonic() > until, 1000)
        if schema_digest(connection) != SCHEMA:
            raise StoreBroken("tables that are not diskcache's")
        # Before any row is looked at: what follows trusts the pages.
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise StoreBroken("a damaged database")
        settings = dict(connection.execute("SELECT key, value FROM Settings LIMIT 64"))
        if {name: value for name, value in settings.items() if name not in COUNTERS} != SETTINGS:
            raise StoreBroken("settings that are not ours")
        if not all(type(settings.get(name)) is int for name in COUNTERS):
            raise StoreBroken("counters that do not count")
        if connection.execute(FOREIGN_ROWS).fetchone() != (0,):
            raise StoreBroken("rows that are not ours")
        # diskcache would wait a minute for a database that somebody else has locked.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _check_file(name: str, path: str) -> None:
    """StoreBroken where what SQLite would open beside the database, or the database itself, is not what our own settings leave there.

    SQLite follows links, waits for a FIFO, and where the end of a journal names another file it reads and removes that.
    """
    found = os.lstat(path)
    if (
        name not in (DATABASE, JOURNAL)
        or not stat.S_ISREG(found.st_mode)
        or found.st_nlink != 1
        or found.st_size > MAX_BYTES
    ):
        raise StoreBroken(f"{name} is no file of ours")
    if name == JOURNAL:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES)
        if content[JOURNAL_SIZE] > MAX_PAGES or content.endswith(JOURNAL_MAGIC):
            raise StoreBroken("a journal that is not ours")


def schema_digest(connection: sqlite3.Connection) -> str:
    """SHA-256 over every table, index, trigger and view of the database."""
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name LIMIT 64"
    ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
