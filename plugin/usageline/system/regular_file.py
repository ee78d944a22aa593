"""Regular files opened without a wait: a FIFO has no writer, a device may act, and neither is a file of the program's."""

from __future__ import annotations

import os
import stat

_SAFELY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)


def read(path: str, max_bytes: int) -> bytes:
    """Return at most `max_bytes` of the regular file at `path`, or where a link there leads. OSError if it is none, or cannot be read."""
    # Before it is opened, too: that alone makes some devices do something.
    _check(os.stat(path), path)
    descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    try:
        _check(os.fstat(descriptor), path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PermissionError(1, "it is not a regular file", path)
