"""The records on disk: diskcache, with everything taken out of it that trusts what it reads.

diskcache unpickles what a row says is a pickle (CVE-2025-69872, open in 5.6.3; its JSONDisk does not close it), opens and deletes the file that
a row names, wherever that is, runs a PRAGMA for each row of its Settings table and sets attributes of itself by the others. So the database
is looked through before diskcache opens it, and its `Disk` is replaced by one that knows JSON text in the row and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import diskcache

from usageline.core.errors import CacheUnsafe, StoreBroken
from usageline.storage import account_state
from usageline.storage.database_check import DATABASE, LONGEST_TEXT, SETTINGS, inspect
from usageline.system.directories import private_directory, remove_tree, set_aside
from usageline.system.disk import write_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.storage.account_state import Record

BUSY_S = 1.0
"""The lock makes this process the only one here; who else holds the database does not get to hold the refresh up."""

FAULTS = (
    sqlite3.Error,
    diskcache.Timeout,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    MemoryError,
    StoreBroken,
    CacheUnsafe,
)
"""All that a damaged or hostile store was seen to raise."""


class TextDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Rows that hold JSON text; anything else in one is StoreBroken. It reads, writes and deletes no file."""

    def put(self, key: object) -> tuple[str, bool]:
        """A key is text."""
        if not isinstance(key, str):
            raise StoreBroken("a key that is no text")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """A key comes back as text, never unpickled."""
        if raw != 1 or not isinstance(key, str):
            raise StoreBroken("a key that is no text")
        return key

    def store(self, value: object, read: object, key: object = None) -> tuple[int, int, None, str]:  # noqa: ARG002 - the base class's signature
        """A value becomes JSON text in the row itself."""
        text = json.dumps(value, allow_nan=False)
        if read or len(text) > LONGEST_TEXT:
            raise StoreBroken("a value that is too long")
        return 0, diskcache.core.MODE_RAW, None, text

    def fetch(self, mode: object, filename: object, value: object, read: object) -> Any:
        """A value comes from the row's own text. Other modes would unpickle it, a file name would open that file."""
        if (
            mode != diskcache.core.MODE_RAW
            or filename is not None
            or read
            or not isinstance(value, str)
            or len(value) > LONGEST_TEXT
        ):
            raise StoreBroken("a value that is not JSON text")
        return json.loads(value)

    def filename(self, key: object = None, value: object = None) -> tuple[str, str]:  # noqa: ARG002 - the base class's signature
        """No value is long enough for a file of its own."""
        raise StoreBroken("a value in a file")

    def remove(self, file_path: object) -> None:
        """No row has a file; one that names one would have somebody else's deleted."""


class Store:
    """The records of all accounts. Use it under the lock only. `set_aside` says that what was there could not be used."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.set_aside = False
        self._cache: diskcache.Cache | None = None
        try:
            self._open()
        except FAULTS:
            self._rebuild()

    def get(self, account: str) -> Record:
        """The account's record; an empty one where there is none. A store that cannot be read is rebuilt."""
        if self._cache is None:
            return account_state.Record()
        try:
            return account_state.from_json(self._cache.get(account))
        except FAULTS:
            self._rebuild()
            return account_state.Record()

    def put(self, account: str, changed: Record) -> None:
        """Remember the record. StoreBroken where it cannot be written."""
        try:
            self._put(account, changed)
        except FAULTS:
            self._rebuild()
            try:
                self._put(account, changed)
            except FAULTS as error:
                # SQLite tells of a full disk in many ways; the system says it in one.
                reason = write_error(os.path.dirname(self._directory))
                said = reason.strerror if reason else type(error).__name__
                raise StoreBroken(f"{self._directory} cannot be written: {said}") from reason

    def close(self) -> None:
        """Let go of the database."""
        if self._cache is not None:
            with contextlib.suppress(sqlite3.Error):
                self._cache.close()
            self._cache = None

    def _put(self, account: str, changed: Record) -> None:
        if self._cache is None:
            raise StoreBroken("no store")
        self._cache.set(account, account_state.as_json(changed))

    def _open(self) -> None:
        path = self._directory
        if not os.path.lexists(path):
            self._make()
        private_directory(path)
        _make_database(path)
        inspect(path, BUSY_S)
        self._cache = _cache(path)

    def _make(self) -> None:
        """Make a new store in one step: one of which a killed run has made the half would look damaged."""
        new = self._directory + ".new"
        try:
            remove_tree(new)
            _make_database(private_directory(new))
            _cache(new).close()
            os.rename(new, self._directory)
        except BaseException:
            with contextlib.suppress(OSError):  # a full disk has better uses
                remove_tree(new)
            raise

    def _rebuild(self) -> None:
        """Set the store aside, in place of one set aside earlier, and begin a new one.

        Where that fails there is no store for now, and the old one goes back: on a full disk it is as good as ever, and holds the cooldowns.
        """
        self.close()
        try:
            aside = set_aside(self._directory)
        except OSError:
            return
        try:
            self._open()
            self.set_aside = True
        except FAULTS:
            self.close()
            with contextlib.suppress(OSError):
                remove_tree(self._directory)
                os.rename(aside, self._directory)


class _LiteralPaths:
    """`os.path` for diskcache, which would take `$NAME` in a path for a variable."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os.path, name)

    @staticmethod
    def expandvars(path: str) -> str:
        """Return the path as it is."""
        return path

    expanduser = expandvars


diskcache.core.op = _LiteralPaths()


def _make_database(directory: str) -> str:
    """Make the database, empty, where there is none; gives its path. SQLite takes the mode from the umask, and gives its journals that of the database."""
    path = os.path.join(directory, DATABASE)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _cache(directory: str) -> diskcache.Cache:
    return diskcache.Cache(directory, timeout=BUSY_S, disk=TextDisk, **SETTINGS)


@contextlib.contextmanager
def opened(directory: str) -> Iterator[Store]:
    """The store in `directory`, closed at the end of the block."""
    store = Store(directory)
    try:
        yield store
    finally:
        store.close()
