"""Locks of the kernel on files and directories that exist: nothing is left behind, and a dead process holds none."""

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

POLL_S = 0.05


@contextlib.contextmanager
def held(path: str, wait_s: float) -> Iterator[bool]:
    """Hold the lock on `path` for the block; False where another process kept it for `wait_s` seconds.

    True without a lock where there is nothing at `path`, or where the system or the file system has no locks: what holds it must work there, too.
    """
    descriptor = _opened(path)
    if descriptor is None:
        yield True
        return
    try:
        yield acquired(descriptor, wait_s)
    finally:
        os.close(descriptor)


def acquired(descriptor: int, wait_s: float) -> bool:
    """Take the lock on what is open there, to be held until it is closed; True and False as in `held`."""
    deadline = time.monotonic() + wait_s
    while not _try(descriptor):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def _opened(path: str) -> int | None:
    """Open the file or directory at `path`. None if there is neither: a FIFO would wait for a writer, a device may act."""
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


def _try(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # this file system has no locks
    return True
