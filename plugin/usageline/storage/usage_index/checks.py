"""Check that the index is as usageline wrote it, and remember when all of it was checked.

SQLite's own check reads every page. What usageline itself writes later needs no new check for a
day. Any other change of the file, as by a copy or a killed writer, has one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index.tables import EXPECTED, schema
from usageline.system.files import is_own, read_regular, write_atomic

NAME = "usage.db"
SUFFIX = "-checked"
COMPANIONS = ("", "-wal", "-shm", "-journal", SUFFIX)
MAX_BYTES = 1 << 30
MAX_NOTE_BYTES = 256
TIMEOUT_S = 10.0
INTERVAL_S = 86_400
"""A disk may damage a page without changing the file's time."""

SURROUNDINGS = (
    "locked",
    "locking protocol",
    "is full",
    "readonly",
    "unable to open",
    "disk I/O error",
    "out of memory",
)
"""SQLite's messages for errors whose cause is not the index."""


def check(connection: sqlite3.Connection, *, is_checked: bool) -> None:
    """Raise StoreBroken or sqlite3.Error unless usageline wrote the database."""
    # Pages that refer to each other in a circle would be read for ever.
    until = time.monotonic() + TIMEOUT_S
    connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        if schema(connection) != EXPECTED:
            raise StoreBroken("tables that are not of this version")
        if not is_checked and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise StoreBroken("a damaged index")
    finally:
        connection.set_progress_handler(None, 0)


def check_files(path: str) -> bool:
    """Return whether there is an index at `path`, and not a missing or empty file.

    Raise StoreBroken if SQLite would open a file that usageline did not leave.
    """
    size = 0
    for suffix in COMPANIONS:
        try:
            status = os.lstat(path + suffix)
        except FileNotFoundError:
            continue
        if (
            not stat.S_ISREG(status.st_mode)
            or status.st_nlink != 1
            or status.st_size > MAX_BYTES
            or not is_own(status)
        ):
            raise StoreBroken(f"{NAME}{suffix} is not a file of usageline's")
        size = size if suffix else status.st_size
    return size > 0


def is_damage(error: Exception) -> bool:
    """Return whether an error means that the index is not as usageline wrote it.

    A value of a wrong type or size shows as an error of Python's, and only when it is used.
    """
    if isinstance(error, sqlite3.OperationalError):
        return not any(words in str(error) for words in SURROUNDINGS)
    damage = (
        sqlite3.DatabaseError,
        StoreBroken,
        TypeError,
        ValueError,
        LookupError,
        ArithmeticError,
    )
    return isinstance(error, damage)


# tried by: tests/local
def checked_at(path: str) -> float | None:
    """Return when the index at `path` was checked, None if it must be checked now."""
    try:
        state, _, at = read_regular(path + SUFFIX, MAX_NOTE_BYTES).decode("ascii").partition(" at ")
        checked = float(at)
        is_same = state == _state(path)
    except (OSError, ValueError):
        return None
    return checked if is_same and 0 <= time.time() - checked < INTERVAL_S else None


def remember(path: str, at: float) -> None:
    """Remember that the closed index at `path` was checked at that time. Ignore errors."""
    with contextlib.suppress(OSError):
        text = f"{_state(path)} at {at}"
        write_atomic(path + SUFFIX, text.encode("ascii"), 0o600, sync=False)


def _state(path: str) -> str:
    """Return what changes with any write to the file. Raise OSError if a writer was killed."""
    if os.path.lexists(path + "-wal") or os.path.lexists(path + "-journal"):
        raise FileExistsError(path)
    status = os.lstat(path)
    return f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
