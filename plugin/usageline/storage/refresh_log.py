"""Append a line for each refresh to `<state_dir>/log/<profile>.log`; `….log.1` holds older ones.

Each line is added in one write at the file's end, with or without the refresh lock. A file that is
not this user's alone is neither written nor read. Writing raises nothing: a refresh does not fail
because of its log.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnsafe
from usageline.system.directories import private_directory
from usageline.system.files import NO_LINK, is_own

MAX_LINE_BYTES = 1024
"""With the newline: a file system adds this much in one piece."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.system.paths import Paths

MAX_BYTES = 256 << 10
"""A longer file becomes the older one under the refresh lock.

Without the lock, it does so at twice the size.
"""

OLDER = ".1"
ERRORS = (OSError, CacheUnsafe, LookupError, ValueError)
"""LookupError: the environment names no home. ValueError: a path with a null byte."""


def append(paths: Paths, line: bytes) -> bool:
    """Append a line, with its newline; return False if that fails."""
    try:
        path = paths.log
        private_directory(paths.state_dir)
        private_directory(os.path.dirname(path))
        with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            size = _private(descriptor)
            if size < 2 * MAX_BYTES:
                return _write(descriptor, size, line)
        os.replace(path, path + OLDER)
        with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            return _write(descriptor, _private(descriptor), line)
    except ERRORS:
        return False


def rotate(paths: Paths) -> None:
    """Make a log that is too long the older one. Call this under the refresh lock."""
    with contextlib.suppress(*ERRORS):
        path = paths.log
        if os.lstat(path).st_size >= MAX_BYTES:
            private_directory(os.path.dirname(path))
            os.replace(path, path + OLDER)


def read_last(paths: Paths, lines: int) -> list[bytes]:
    """Return the last lines, newest last.

    Raise FileNotFoundError if there is no log, PermissionError if it is not this user's alone.
    """
    newer = _lines(paths.log)
    with contextlib.suppress(FileNotFoundError):
        if len(newer) < lines:
            newer = _lines(paths.log + OLDER) + newer
    return newer[-lines:]


def remove(paths: Paths) -> None:
    """Remove the profile's log."""
    for path in (paths.log, paths.log + OLDER):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)


def _private(descriptor: int) -> int:
    """Set mode 0600, whatever the umask left; return the file's size."""
    info = os.fstat(descriptor)
    if os.name == "posix" and stat.S_IMODE(info.st_mode) != 0o600:
        os.fchmod(descriptor, 0o600)
    return info.st_size


def _write(descriptor: int, size: int, line: bytes) -> bool:
    # A line that a full disk cut must not spoil this one.
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line
    return os.write(descriptor, line) == len(line)


def _lines(path: str) -> list[bytes]:
    with _opened(path, os.O_RDONLY) as descriptor:
        max_bytes = 2 * MAX_BYTES + MAX_LINE_BYTES
        os.lseek(descriptor, max(os.fstat(descriptor).st_size - max_bytes, 0), os.SEEK_SET)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return [
                line
                for line in file.read(max_bytes).split(b"\n")
                if line and len(line) < MAX_LINE_BYTES
            ]


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | NO_LINK, 0o600)
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or not is_own(info) or info.st_nlink != 1:
            raise PermissionError(f"{path} is not a file of yours alone")
        yield descriptor
    finally:
        os.close(descriptor)
