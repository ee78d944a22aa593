"""The log: a line for each refresh, in `<state_dir>/log/<profile>.log`, and what came before it in one older file, `….log.1`.

Whoever adds a line adds the whole of it in one write at the file's end, under the refresh lock or not. What is no file of this user's is neither
written nor read. Nothing here raises where a line is written: a refresh does not fail for its log.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.core.errors import CacheUnsafe
from usageline.system.directories import private_directory
from usageline.system.files import NO_LINK

MAX_LINE_BYTES = 1024
"""Bytes, with the line's end: so much is added to a file in one piece."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES = 256 << 10
"""A file that has grown so long becomes the older one; where nobody gets the lock in which that is done, at twice as many."""

OLDER = ".1"
FAULTS = (OSError, CacheUnsafe, LookupError, ValueError)
"""LookupError: the environment names no home. ValueError: a path with a null byte."""


def add(env: Mapping[str, str], line: bytes) -> bool:
    """Add a line, its end included; False where that cannot be."""
    try:
        path = _made(env)
        with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            size = _private(descriptor)
            if size < 2 * MOST_BYTES:
                return _write(descriptor, size, line)
        os.replace(path, path + OLDER)
        with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            return _write(descriptor, _private(descriptor), line)
    except FAULTS:
        return False


def rotate(env: Mapping[str, str]) -> None:
    """Under the refresh lock: let a log that has grown too long be the older one, in place of the one before."""
    with contextlib.suppress(*FAULTS):
        path = paths.log(env)
        if os.lstat(path).st_size >= MOST_BYTES:
            private_directory(os.path.dirname(path))
            os.replace(path, path + OLDER)


def last(env: Mapping[str, str], lines: int) -> list[bytes]:
    """The last lines, the newest last. FileNotFoundError where there is no log, PermissionError where it is no file of this user's."""
    newer = _lines(paths.log(env))
    with contextlib.suppress(FileNotFoundError):
        if len(newer) < lines:
            newer = _lines(paths.log(env) + OLDER) + newer
    return newer[-lines:]


def remove(env: Mapping[str, str]) -> None:
    """Remove the profile's log."""
    for path in (paths.log(env), paths.log(env) + OLDER):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)


def _made(env: Mapping[str, str]) -> str:
    path: str = paths.log(env)
    private_directory(paths.state_dir(env))
    private_directory(os.path.dirname(path))
    return path


def _private(descriptor: int) -> int:
    """See that the file has mode 0600, for the umask had its say; gives its size."""
    found = os.fstat(descriptor)
    if os.name == "posix" and stat.S_IMODE(found.st_mode) != 0o600:
        os.fchmod(descriptor, 0o600)
    return found.st_size


def _write(descriptor: int, size: int, line: bytes) -> bool:
    # What a full disk left of a line must not take this one along.
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line
    return os.write(descriptor, line) == len(line)


def _lines(path: str) -> list[bytes]:
    with _opened(path, os.O_RDONLY) as descriptor:
        most = 2 * MOST_BYTES + MAX_LINE_BYTES
        os.lseek(descriptor, max(os.fstat(descriptor).st_size - most, 0), os.SEEK_SET)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return [
                line for line in file.read(most).split(b"\n") if line and len(line) < MAX_LINE_BYTES
            ]


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | NO_LINK, 0o600)
    try:
        found = os.fstat(descriptor)
        ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
        if not stat.S_ISREG(found.st_mode) or not ours or found.st_nlink != 1:
            raise PermissionError(f"{path} is no file of yours alone")
        yield descriptor
    finally:
        os.close(descriptor)
