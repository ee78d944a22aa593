"""Open the index. Check it first, and set it aside if it is damaged or not usageline's.

Forget what it has kept long enough.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index import checks
from usageline.storage.usage_index.checks import COMPANIONS, NAME, check_files, is_damage
from usageline.storage.usage_index.tables import QUARTER_MS, SCHEMA
from usageline.system.directories import private_directory, remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ASIDE = ".aside"
BUSY_TIMEOUT_S = 5.0
PAGES = 2000
"""Of the cache, in KiB."""

SCHEMA_VERSION = 1

LATELY_MS = (45 * 86_400_000, 12 * 3_600_000)
"""Responses of this time ago show that a clock is right. A wrong one has none for half a day."""

LATELY = "SELECT 1 FROM quarters WHERE quarter >= ? AND quarter < ? LIMIT 1"
OLDEST = "SELECT (SELECT min(quarter) FROM quarters), (SELECT min(started) FROM states)"


class Index:
    """An open index. `set_aside` is whether the one that was there could not be used.

    `path` is its file, or None, and `checked_at` when that was checked.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: str | None = None,
        checked_at: float | None = None,
    ) -> None:
        self.connection = connection
        self.set_aside = False
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
            and (has_changed or checks.checked_at(self._path) is None)
        ):
            checks.remember(self._path, self._checked_at)

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
        if not check_files(path):
            return None
        connection = connect(path, read_only=True)
        checks.check(connection, is_checked=checks.checked_at(path) is not None)
        return Index(connection)
    # ValueError: SQLite's message quotes a damaged schema, which is not text.
    except (StoreBroken, sqlite3.Error, OSError, ValueError):
        return None


@contextlib.contextmanager
def opened(directory: str) -> Iterator[Index]:
    """Yield the index in `directory`, opened read-only and checked.

    Raise StoreBroken if there is none that can be used.
    """
    index = open_for_reading(directory)
    if index is None:
        raise StoreBroken("there is no index that can be used")
    with contextlib.closing(index):
        yield index


def exists(directory: str) -> bool:
    """Return whether there is an index in `directory`, in whatever state."""
    return os.path.lexists(os.path.join(directory, NAME))


def stamp(directory: str) -> tuple[tuple[int, int], ...]:
    """Return what changes with the index; () if there is none."""
    stats = []
    for suffix in ("", "-wal"):
        with contextlib.suppress(OSError):
            status = os.lstat(os.path.join(directory, NAME + suffix))
            stats.append((status.st_mtime_ns, status.st_size))
    return tuple(stats)


# tried by: tests/cli
def _open(path: str) -> Index:
    is_new = not check_files(path)
    if is_new:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    checked_at = None if is_new else checks.checked_at(path)
    connection = connect(path)
    try:
        if is_new:
            _create(connection)
        checks.check(connection, is_checked=checked_at is not None)
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


def trusts_clock(index: Index, now_ms: int) -> bool:
    """Return whether there are responses of the last weeks by this clock.

    If it jumped ahead by years, everything would be old enough to forget.
    """
    times = [(now_ms - ago) // QUARTER_MS for ago in LATELY_MS]
    return index.connection.execute(LATELY, times).fetchone() is not None


def forget(index: Index, before: int) -> None:
    """Remove what is older than that time (epoch ms), in transactions of its own."""
    connection = index.connection
    quarter = before // QUARTER_MS
    first, started = connection.execute(OLDEST).fetchone()
    if first is not None and first < quarter:
        with index.transaction():
            connection.execute("DELETE FROM responses WHERE at < ?", (quarter * QUARTER_MS,))
            connection.execute("DELETE FROM quarters WHERE quarter < ?", (quarter,))
            connection.execute("DELETE FROM claims WHERE key NOT IN (SELECT key FROM responses)")
            connection.execute(
                "DELETE FROM owners WHERE session NOT IN (SELECT session FROM quarters)"
            )
    if started is not None and started < before:
        with index.transaction():
            connection.execute(
                "DELETE FROM states "
                "WHERE started < ? AND session NOT IN (SELECT session FROM quarters)",
                (before,),
            )
