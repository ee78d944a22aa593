"""Store the state of each account with diskcache, without anything in it that trusts what it reads.

diskcache unpickles a row that is marked as a pickle (CVE-2025-69872, open in 5.6.3; its JSONDisk is
affected, too). It opens and deletes the file that a row names. It runs a PRAGMA for each row of its
Settings table, and sets attributes of itself by the others.

So `database_check` checks the database before diskcache opens it, and TextDisk replaces its `Disk`.
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
from usageline.storage.database_check import (
    BUSY_TIMEOUT_S,
    DATABASE,
    MAX_TEXT,
    SETTINGS,
    check_database,
)
from usageline.system.directories import private_directory, remove_tree, set_aside
from usageline.system.files import write_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.storage.account_state import AccountState

ERRORS = (
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
    """Hold JSON text in rows; raise StoreBroken for anything else. Touch no file."""

    def put(self, key: object) -> tuple[str, bool]:
        """Return the key, which is text."""
        if not isinstance(key, str):
            raise StoreBroken("a key that is not text")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return the key, never unpickled."""
        if raw != 1 or not isinstance(key, str):
            raise StoreBroken("a key that is not text")
        return key

    def store(
        self,
        value: object,
        read: object,
        key: object = None,  # noqa: ARG002 - the base class's signature
    ) -> tuple[int, int, None, str]:
        """Return the value as JSON text in the row itself."""
        text = json.dumps(value, allow_nan=False)
        if read or len(text) > MAX_TEXT:
            raise StoreBroken("a value that is too long")
        return 0, diskcache.core.MODE_RAW, None, text

    def fetch(self, mode: object, filename: object, value: object, read: object) -> Any:
        """Return the value in the row's own text.

        Other modes would unpickle it; a file name would open that file.
        """
        if (
            mode != diskcache.core.MODE_RAW
            or filename is not None
            or read
            or not isinstance(value, str)
            or len(value) > MAX_TEXT
        ):
            raise StoreBroken("a value that is not JSON text")
        return json.loads(value)

    def filename(
        self,
        key: object = None,  # noqa: ARG002 - the base class's signature
        value: object = None,  # noqa: ARG002 - as above
    ) -> tuple[str, str]:
        """Raise StoreBroken: no value is long enough for a file of its own."""
        raise StoreBroken("a value in a file")

    def remove(self, file_path: object) -> None:
        """Ignore the file that a row names: the row is not from usageline."""


class AccountStore:
    """The states of all accounts. Use it under the refresh lock only.

    `set_aside` is whether the database that was there could not be used.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.set_aside = False
        self._cache: diskcache.Cache | None = None
        try:
            self._open()
        except ERRORS:
            self._rebuild()

    def get(self, account: str) -> AccountState:
        """Return the account's state, an empty one if there is none.

        Rebuild a store that cannot be read.
        """
        if self._cache is None:
            return account_state.AccountState()
        try:
            return account_state.from_json(self._cache.get(account))
        except ERRORS:
            self._rebuild()
            return account_state.AccountState()

    def put(self, account: str, state: AccountState) -> None:
        """Store the account's state. Raise StoreBroken if it cannot be written."""
        try:
            self._put(account, state)
        except ERRORS:
            self._rebuild()
            try:
                self._put(account, state)
            except ERRORS as error:
                # SQLite reports a full disk in many ways, the operating system in one.
                reason = write_error(os.path.dirname(self._directory))
                text = reason.strerror if reason else type(error).__name__
                raise StoreBroken(f"{self._directory} cannot be written: {text}") from reason

    def close(self) -> None:
        """Close the database."""
        if self._cache is not None:
            with contextlib.suppress(sqlite3.Error):
                self._cache.close()
            self._cache = None

    def _put(self, account: str, state: AccountState) -> None:
        if self._cache is None:
            raise StoreBroken("no store")
        self._cache.set(account, account_state.as_json(state))

    def _open(self) -> None:
        path = self._directory
        if not os.path.lexists(path):
            self._make()
        private_directory(path)
        _make_database(path)
        check_database(path)
        self._cache = _cache(path)

    def _make(self) -> None:
        """Make a new store in one step.

        A half made one of a killed refresh would count as damaged.
        """
        new = self._directory + ".new"
        try:
            remove_tree(new)
            _make_database(private_directory(new))
            _cache(new).close()
            os.rename(new, self._directory)
        except BaseException:
            with contextlib.suppress(OSError):  # free the disk, which may be full
                remove_tree(new)
            raise

    def _rebuild(self) -> None:
        """Set the store aside, replacing one set aside earlier, and begin a new one.

        If that fails, restore the old one and work without a store: on a full disk it is still
        good, and it holds the cooldowns.
        """
        self.close()
        try:
            aside = set_aside(self._directory)
        except OSError:
            return
        try:
            self._open()
            self.set_aside = True
        except ERRORS:
            self.close()
            with contextlib.suppress(OSError):
                remove_tree(self._directory)
                os.rename(aside, self._directory)


class _LiteralPaths:
    """`os.path` for diskcache, which would expand `$NAME` in a path."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os.path, name)

    @staticmethod
    def expandvars(path: str) -> str:
        """Return the path as it is."""
        return path

    expanduser = expandvars


diskcache.core.op = _LiteralPaths()


def _make_database(directory: str) -> None:
    """Create the database, empty, if it is missing.

    SQLite alone would take the mode from the umask. Its journals get the mode of the database.
    """
    path = os.path.join(directory, DATABASE)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _cache(directory: str) -> diskcache.Cache:
    return diskcache.Cache(directory, timeout=BUSY_TIMEOUT_S, disk=TextDisk, **SETTINGS)


@contextlib.contextmanager
def open_store(directory: str) -> Iterator[AccountStore]:
    """Open the store in `directory`; close it at the end of the block."""
    with contextlib.closing(AccountStore(directory)) as store:
        yield store
