"""Open the index. Check it first, and set it aside if it is damaged or not usageline's."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index import checked
from usageline.storage.usage_index.tables import EXPECTED, SCHEMA, schema
from usageline.system.directories import private_directory, remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "usage.db"
ASIDE = ".aside"
COMPANIONS = ("", "-wal", "-shm", "-journal", checked.SUFFIX)
MAX_BYTES = 1 << 30
BUSY_TIMEOUT_S = 5.0
CHECK_TIMEOUT_S = 10.0
PAGES = 2000
"""Of the cache, in KiB."""

SCHEMA_VERSION = 1


class Index:
    """An open index. `set_aside` is whether the one that was there could not be used.

    `path` is its file, or None, and `checked_at` when that was checked.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: str | None = None,
        checked_at: float | None = None,
        *,
        set_aside: bool = False,
    ) -> None:
        self.connection = connection
        self.set_aside = set_aside
        self._path = path
        self._checked_at = checked_at

    def close(self) -> None:
        """Close the database."""
        has_changed = self.connection.total_changes > 0
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()
        if (
            self._path is not None
            and self._checked_at is not None
            and (has_changed or checked.checked_at(self._path) is None)
        ):
            checked.remember(self._path, self._checked_at)

    def discard(self) -> None:
        """Close the index and set its file aside: something in it is not as written."""
        self._checked_at = None
        self.close()
        if self._path is not None:
            _set_aside(self._path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block writes, or nothing of it if the block raises."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise

    def meta(self) -> Mapping[str, str]:
        """Return what the index remembers of itself."""
        return dict(self.connection.execute("SELECT name, value FROM meta LIMIT 64"))

    def has_files(self) -> bool:
        """Return whether it has read any transcript."""
        return self.connection.execute("SELECT 1 FROM files LIMIT 1").fetchone() is not None

    def set_meta(self, name: str, value: str) -> None:
        """Remember a value, in the current transaction."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


# tried by: tests/cli
def open_in_memory() -> Index:
    """Return a new index that ends with this process."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _create(connection)
    return Index(connection)


def open_index(directory: str) -> Index:
    """Open the index in `directory`, a new one if there is none or it cannot be used.

    Call it under the lock of the index. Raise OSError, CacheUnsafe or sqlite3.Error if there can be
    none.
    """
    private_directory(directory)
    path = os.path.join(directory, NAME)
    try:
        return _open(path)
    except Exception as error:
        if not is_damage(error):
            raise  # locked, full or read-only: the index itself is good
        _set_aside(path)
        index = _open(path)
        index.set_aside = True
        return index


def open_for_reading(directory: str) -> Index | None:
    """Open an index to show it, None if there is none that can be used."""
    path = os.path.join(directory, NAME)
    try:
        check_files(path)
        if not os.path.lexists(path) or not os.lstat(path).st_size:
            return None
        connection = connect(path, read_only=True)
        _check(connection, is_checked=checked.checked_at(path) is not None)
        return Index(connection)
    # ValueError: SQLite's message quotes a damaged schema, which is no text.
    except (StoreBroken, sqlite3.Error, OSError, ValueError):
        return None


# tried by: tests/cli
def _open(path: str) -> Index:
    check_files(path)
    is_new = not os.path.lexists(path) or not os.lstat(path).st_size
    if is_new:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    checked_at = None if is_new else checked.checked_at(path)
    connection = connect(path)
    try:
        if is_new:
            _create(connection)
        _check(connection, is_checked=checked_at is not None)
    except BaseException:
        connection.close()
        raise
    return Index(connection, path, time.time() if checked_at is None else checked_at)


# tried by: tests/cli
def connect(path: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a database whose files were checked. Nothing that it defines is run."""
    mode = "rw"
    if read_only:
        # The log of a directory that is read-only can be neither opened nor changed.
        writable = os.access(os.path.dirname(path), os.W_OK)
        mode = "ro" if writable else "ro&immutable=1"
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode={mode}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute(f"PRAGMA cache_size = -{PAGES}")
    return connection


def _quoted(path: str) -> str:
    """Return a path as SQLite reads it in an address. `urllib` takes longer to import than this."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _create(connection: sqlite3.Connection) -> None:
    # A network disk has no shared memory for a write-ahead log: SQLite then keeps its journal.
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection, *, is_checked: bool) -> None:
    """Raise StoreBroken or sqlite3.Error unless usageline wrote the database."""
    # Pages that refer to each other in a circle would be read for ever.
    until = time.monotonic() + CHECK_TIMEOUT_S
    connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        if schema(connection) != EXPECTED:
            raise StoreBroken("tables that are not of this version")
        if not is_checked and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise StoreBroken("a damaged index")
    finally:
        connection.set_progress_handler(None, 0)


def check_files(path: str) -> None:
    """Raise StoreBroken if SQLite would open a file that usageline did not leave."""
    for suffix in COMPANIONS:
        try:
            status = os.lstat(path + suffix)
        except FileNotFoundError:
            continue
        if (
            not stat.S_ISREG(status.st_mode)
            or status.st_nlink != 1
            or status.st_size > MAX_BYTES
            or (hasattr(os, "geteuid") and status.st_uid != os.geteuid())
        ):
            raise StoreBroken(f"{NAME}{suffix} is not a file of usageline's")


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


def _set_aside(path: str) -> None:
    """Rename the index and its companions to `….aside`, in place of those set aside earlier."""
    for suffix in COMPANIONS:
        aside = path + ASIDE + suffix
        if not remove_tree(aside):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(aside)
        with contextlib.suppress(FileNotFoundError):
            os.replace(path + suffix, aside)


def identity_aside(directory: str) -> str:
    """Return the identity of the database that was set aside, "" if there is none."""
    path = os.path.join(directory, NAME + ASIDE)
    try:
        status = os.lstat(path)
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"
