"""Lock existing files and directories with `flock`.

It leaves no file behind, and the kernel releases the lock of a process that dies.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # mypy runs elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_INTERVAL_S = 0.05


@contextlib.contextmanager
def hold(path: str, timeout_s: float) -> Iterator[bool]:
    """Hold the lock on `path` for the block. Yield False if another process held it all the time.

    Yield True without a lock if there is nothing at `path`, or if the file system has no locks.
    The caller must work in that case, too.
    """
    descriptor = _open(path)
    if descriptor is None:
        yield True
        return
    try:
        yield acquire(descriptor, timeout_s)
    finally:
        os.close(descriptor)


def acquire(descriptor: int, timeout_s: float) -> bool:
    """Lock an open file until it is closed. Return True or False as in `hold`."""
    deadline = time.monotonic() + timeout_s
    while try_acquire(descriptor) is False:
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_INTERVAL_S)
    return True


def try_acquire(descriptor: int) -> bool | None:
    """Try once to lock an open file. Return None if the system or file system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _open(path: str) -> int | None:
    """Open the file or directory at `path`. Return None for anything else, such as a FIFO."""
    try:
        if not _can_be_locked(os.stat(path)):
            return None
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        )
    except OSError:
        return None
    if _can_be_locked(os.fstat(descriptor)):
        return descriptor
    os.close(descriptor)
    return None


def _can_be_locked(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
