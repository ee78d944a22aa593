"""Keep every reading by account for 90 days, for the forecast and for `usageline history`.

The files are `<history_dir>/<account>/2026-11.jsonl`, one for each month of UTC. Each directory and
file is opened relative to the one that holds it, and never through a link. What is not a directory
or a regular file of this user is not touched.

Lines are added under a lock of the account's own: the refresh lock is each profile's, and two
profiles may share an account. Reading needs no lock and skips a line that is only partly written.
"""

from __future__ import annotations

import calendar
import contextlib
import os
import re
import stat
import time
from operator import attrgetter
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnsafe
from usageline.core.freshness import CLOCK_JUMP_S
from usageline.storage.codec import MAX_LINE_BYTES, decode, encode
from usageline.system import files, lock
from usageline.system.directories import private_directory
from usageline.usage import plausibility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.system.paths import Paths
    from usageline.usage.model import Reading

KEEP_S = 90 * 86400
MAX_BYTES = 8 << 20
"""Of one account's files together, and so the most that is read of one.

Three months of a reading every five minutes take 7 MiB.
"""

CUT_BYTES = 1 << 20
"""Cut off at once, so that it is seldom necessary."""

ACCOUNT = re.compile(r"[0-9a-f]{16}", re.ASCII)
_NAME = re.compile(r"(2[0-2]\d\d)-(0[1-9]|1[0-2])\.jsonl", re.ASCII)
"""Of the years that a reading can have (`usage.values`)."""

# Windows cannot open directories: it has no history.
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)

LOCK_TIMEOUT_S = 2.0
"""Adding a line, or cutting a file, takes a moment: a process that holds the lock longer hangs."""

ERRORS = (OSError, CacheUnsafe, LookupError)
"""LookupError: the environment names no home."""


def append(paths: Paths, account: str, reading: Reading) -> bool:
    """Append the reading, unless it is the last one already.

    Return False if it cannot be written: the disk is full, or the directory is unsafe.
    """
    line, at = encode(reading), reading.observed_at
    if not ACCOUNT.fullmatch(account) or len(line) > MAX_LINE_BYTES:
        return False
    try:
        path = _create_directory(paths, account)
        with _open_directory(paths, account) as directory:
            alone = lock.acquire_descriptor(directory, LOCK_TIMEOUT_S)
            with _open_month(directory, path, month_file(at)) as descriptor:
                is_kept = _add(descriptor, line, at)
            if alone:  # cutting replaces the file: a line added meanwhile would be lost
                with contextlib.suppress(OSError):
                    _prune(directory, path, at if plausibility.clock_agrees(reading) else None)
    except ERRORS:
        return False
    return is_kept


def load(
    paths: Paths, account: str, since: float = 0, *, now: float | None = None
) -> list[Reading]:
    """Return the account's readings from `since` until `now` (epoch seconds), oldest first.

    They have no forecasts. `now` is the time of this machine unless given.
    """
    if not ACCOUNT.fullmatch(account):
        return []
    until = (time.time() if now is None else now) + CLOCK_JUMP_S
    lines: list[bytes] = []
    try:
        with _open_directory(paths, account) as directory:
            lines = _read_lines(directory, since, until)
    except ERRORS:
        return []
    readings = list(decode(lines, since, until))
    readings.sort(key=attrgetter("observed_at"))  # in order already, but for clocks that were set
    return readings


def accounts(paths: Paths) -> list[str]:
    """Return the keys of the accounts that have a history."""
    try:
        with _descriptor(paths.history_dir, _DIRECTORY) as top:
            return sorted(
                name
                for name in os.listdir(top)
                if ACCOUNT.fullmatch(name) and stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode)
            )
    except ERRORS:
        return []


def month_file(at: float) -> str:
    """Return the name of the file for a reading of that moment."""
    return time.strftime("%Y-%m.jsonl", time.gmtime(at))


def month_end(name: str) -> int:
    """Return when that file's month ends, in epoch seconds."""
    year, month = int(name[:4]), int(name[5:7])
    return calendar.timegm((year + month // 12, month % 12 + 1, 1, 0, 0, 0))


def _add(descriptor: int, line: bytes, observed_at: int) -> bool:
    size = os.fstat(descriptor).st_size
    at = max(size - 2 * MAX_LINE_BYTES, 0)
    tail = os.pread(descriptor, size - at, at)
    last = next(decode(reversed(tail.split(b"\n"))), None)
    if last is not None and last.observed_at == observed_at:
        return True
    # A partly written line of a killed refresh must not spoil this one.
    data = (b"\n" if tail and not tail.endswith(b"\n") else b"") + line + b"\n"
    return os.write(descriptor, data) == len(data)


@contextlib.contextmanager
def _open_directory(paths: Paths, account: str) -> Iterator[int]:
    """Open the account's directory. Raise OSError if there is none of this user."""
    with (
        _descriptor(paths.history_dir, _DIRECTORY) as top,
        _descriptor(account, _DIRECTORY, top) as descriptor,
    ):
        yield descriptor


def _create_directory(paths: Paths, account: str) -> str:
    """Create the account's directory for this user alone; return its path.

    Raise OSError or CacheUnsafe if that fails.
    """
    top = paths.history_dir
    private_directory(os.path.dirname(top))
    private_directory(top)
    return private_directory(f"{top}/{account}")


def _list_months(directory: int) -> list[str]:
    """Return the names of the existing files, oldest first."""
    return sorted(name for name in os.listdir(directory) if _NAME.fullmatch(name))


def _read_lines(directory: int, since: float, until: float) -> list[bytes]:
    """Return the lines of the months from `since` to `until` (epoch seconds), oldest first.

    Return the newest MAX_BYTES at most. Skip foreign files.
    """
    left, contents = MAX_BYTES, []
    last = month_file(until)
    for name in reversed(_list_months(directory)):
        if name <= last and month_end(name) > since:
            with contextlib.suppress(OSError):
                contents.append(_end_of_file(directory, name, left))
                left -= len(contents[-1])
    return [line for content in reversed(contents) for line in content.split(b"\n")]


@contextlib.contextmanager
def _open_month(directory: int, path: str, name: str) -> Iterator[int]:
    """Open the file to read and append, creating it if it is missing.

    Raise OSError if it is not a regular file of this user. `path` is the directory's. A file with a
    second name (a backup by hard links) is not appended to: a copy replaces it.
    """
    _unshare(directory, path, name)
    with _file(directory, name, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
        if os.fstat(descriptor).st_nlink != 1:
            raise PermissionError(f"{name} has another name")
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:  # the umask changed it
            os.fchmod(descriptor, 0o600)
        yield descriptor


def _unshare(directory: int, path: str, name: str) -> None:
    with contextlib.suppress(FileNotFoundError), _file(directory, name, os.O_RDONLY) as descriptor:
        info = os.fstat(descriptor)
        if info.st_nlink == 1:
            return
        if info.st_size > MAX_BYTES:
            raise PermissionError(f"{name} is too large")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            files.write_atomic(f"{path}/{name}", file.read(MAX_BYTES), 0o600)


def _prune(directory: int, path: str, newest: float | None) -> None:
    """Remove the months that ended 90 days before `newest` (epoch seconds), then the oldest excess.

    A month after `newest` was written under another clock, or by another program: of the excess it
    goes first. None means that the clock may be wrong: under one that is a year ahead, everything
    would be old.
    """
    sizes = {}
    last = "" if newest is None else month_file(newest)
    for name in sorted(_list_months(directory), key=lambda name: (not last or name <= last, name)):
        info = os.lstat(name, dir_fd=directory)
        if not stat.S_ISREG(info.st_mode) or not files.is_own(info):
            continue
        if newest is not None and month_end(name) <= newest - KEEP_S:
            _remove(directory, name)
        else:
            sizes[name] = info.st_size
    excess = sum(sizes.values()) - MAX_BYTES
    if excess <= 0:
        return
    excess += CUT_BYTES
    for name, size in sizes.items():
        if size > excess:
            rest = _end_of_file(directory, name, size - excess)
            files.write_atomic(f"{path}/{name}", rest.partition(b"\n")[2], 0o600)
            return
        _remove(directory, name)
        excess -= size


def _remove(directory: int, name: str) -> None:
    with contextlib.suppress(OSError):  # a directory with such a name: remove the others
        os.unlink(name, dir_fd=directory)


def _end_of_file(directory: int, name: str, max_bytes: int) -> bytes:
    """Return the last `max_bytes` of the file. Raise OSError if it is a foreign file."""
    with _file(directory, name, os.O_RDONLY) as descriptor:
        os.lseek(descriptor, max(os.fstat(descriptor).st_size - max_bytes, 0), os.SEEK_SET)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)


@contextlib.contextmanager
def _file(directory: int, name: str, flags: int) -> Iterator[int]:
    with _descriptor(name, flags, directory) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PermissionError(f"{name} is not a regular file")
        yield descriptor


@contextlib.contextmanager
def _descriptor(path: str, flags: int, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, flags | files.NO_LINK, 0o600, dir_fd=parent)
    try:
        if not files.is_own(os.fstat(descriptor)):
            raise PermissionError(f"{path} belongs to another user")
        yield descriptor
    finally:
        os.close(descriptor)
