"""The files of one account: `<history_dir>/<account>/2026-11.jsonl`, one for each month of UTC, that lines are only ever added to.

Directories and files are opened step by step, each in the one before, and none by way of a link: what is not a directory or a regular file of
this user is not touched.
"""

from __future__ import annotations

import calendar
import contextlib
import os
import re
import stat
import time
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.system import files
from usageline.system.directories import private_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEPT_S = 90 * 86400
MOST_BYTES = 8 << 20
"""Of one account's files together, and so of what is read of one: three months of a reading every five minutes take 7 MiB."""

CUT_BYTES = 1 << 20
"""So much is cut off at once, that it need not be done each time."""

ACCOUNT = re.compile(r"[0-9a-f]{16}", re.ASCII)
_NAME = re.compile(r"(2[0-2]\d\d)-(0[1-9]|1[0-2])\.jsonl", re.ASCII)
"""Of the years that a reading can be of (`usage.times`)."""

# Windows cannot open directories: it has no history.
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)


def accounts(env: Mapping[str, str]) -> list[str]:
    """The keys of the accounts that have a directory. OSError where nothing is kept."""
    with _directory(paths.history_dir(env)) as top:
        return sorted(
            name
            for name in os.listdir(top)
            if ACCOUNT.fullmatch(name) and stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode)
        )


@contextlib.contextmanager
def directory(env: Mapping[str, str], account: str) -> Iterator[int]:
    """A descriptor of the account's directory. OSError where there is none of ours."""
    with _directory(paths.history_dir(env)) as top, _directory(account, top) as found:
        yield found


def make(env: Mapping[str, str], account: str) -> str:
    """Make the account's directory where it is missing, for the user alone; gives its path. OSError or CacheUnsafe where that cannot be."""
    top = paths.history_dir(env)
    private_directory(os.path.dirname(top))
    private_directory(top)
    return private_directory(f"{top}/{account}")


def name_of(at: float) -> str:
    """The file for a reading of that moment."""
    return time.strftime("%Y-%m.jsonl", time.gmtime(at))


def months(directory: int) -> list[str]:
    """The files that are there, the oldest first."""
    return sorted(name for name in os.listdir(directory) if _NAME.fullmatch(name))


def end_of(name: str) -> int:
    """The moment at which that file's month ends, in epoch seconds."""
    year, month = int(name[:4]), int(name[5:7])
    return calendar.timegm((year + month // 12, month % 12 + 1, 1, 0, 0, 0))


def lines(directory: int, since: float, until: float) -> list[bytes]:
    """The lines of the months from `since` to `until` (epoch seconds), the oldest first, MOST_BYTES of the newest at most.

    A file that is none of ours is passed over.
    """
    left, contents = MOST_BYTES, []
    last = name_of(until)
    for name in reversed(months(directory)):
        if name <= last and end_of(name) > since:
            with contextlib.suppress(OSError):
                contents.append(_end_of_file(directory, name, left))
                left -= len(contents[-1])
    return [line for content in reversed(contents) for line in content.split(b"\n")]


@contextlib.contextmanager
def opened(directory: int, path: str, name: str) -> Iterator[int]:
    """A descriptor of the file, made where it is missing, that can be read and added to. OSError where it is no file of ours.

    `path` is the directory's. A file that has another name, too (a copy by links, or somebody's file), is not added to: a copy takes its place.
    """
    _unshare(directory, path, name)
    with _file(directory, name, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
        if os.fstat(descriptor).st_nlink != 1:
            raise PermissionError(f"{name} has another name")
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:  # the umask had its say
            os.fchmod(descriptor, 0o600)
        yield descriptor


def _unshare(directory: int, path: str, name: str) -> None:
    with contextlib.suppress(FileNotFoundError), _file(directory, name, os.O_RDONLY) as descriptor:
        found = os.fstat(descriptor)
        if found.st_nlink == 1:
            return
        if found.st_size > MOST_BYTES:
            raise PermissionError(f"{name} is no file of ours")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            files.write_atomic(f"{path}/{name}", file.read(MOST_BYTES), 0o600)


def bound(directory: int, path: str, newest: float | None) -> None:
    """Remove the months that are 90 days older than `newest` (epoch seconds), and then the oldest of what is too much.

    Before those goes what is of a month to come: it was written under another clock, or not by us. None where the clock may be wrong: by one that
    is a year ahead all that is kept is old.
    """
    sizes = {}
    last = "" if newest is None else name_of(newest)
    for name in sorted(months(directory), key=lambda name: (not last or name <= last, name)):
        found = os.lstat(name, dir_fd=directory)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            continue
        if newest is not None and end_of(name) <= newest - KEPT_S:
            _remove(directory, name)
        else:
            sizes[name] = found.st_size
    excess = sum(sizes.values()) - MOST_BYTES
    if excess <= 0:
        return
    excess += CUT_BYTES
    for name, size in sizes.items():
        if size > excess:
            _cut(directory, path, name, excess)
            return
        _remove(directory, name)
        excess -= size


def _remove(directory: int, name: str) -> None:
    with contextlib.suppress(
        OSError
    ):  # somebody's directory of that name: the others go all the same
        os.unlink(name, dir_fd=directory)


def _end_of_file(directory: int, name: str, most: int) -> bytes:
    """The last `most` bytes of the file. OSError where it is no file of ours."""
    with _file(directory, name, os.O_RDONLY) as descriptor:
        os.lseek(descriptor, max(os.fstat(descriptor).st_size - most, 0), os.SEEK_SET)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most)


def _cut(directory: int, path: str, name: str, excess: int) -> None:
    """Remove that many bytes from the file's beginning, and the rest of the line that they end in."""
    with _file(directory, name, os.O_RDONLY) as descriptor:
        os.lseek(descriptor, excess, os.SEEK_SET)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            kept = file.read(MOST_BYTES)
    files.write_atomic(f"{path}/{name}", kept.partition(b"\n")[2], 0o600)


@contextlib.contextmanager
def _directory(path: str, parent: int | None = None) -> Iterator[int]:
    with _descriptor(path, os.O_RDONLY | _DIRECTORY, parent) as descriptor:
        yield descriptor


@contextlib.contextmanager
def _file(directory: int, name: str, flags: int) -> Iterator[int]:
    with _descriptor(name, flags, directory) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PermissionError(f"{name} is no regular file")
        yield descriptor


@contextlib.contextmanager
def _descriptor(path: str, flags: int, parent: int | None) -> Iterator[int]:
    descriptor = os.open(path, flags | files.NO_LINK, 0o600, dir_fd=parent)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user")
        yield descriptor
    finally:
        os.close(descriptor)
