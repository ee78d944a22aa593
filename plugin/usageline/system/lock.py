"""Lock files. The kernel releases the lock of a process that dies.

`hold` is the single-flight lock of the refresh, a file of its own. `hold_existing` uses `flock` on
any file or directory, and leaves no file behind.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time

from usageline.core.errors import LockUnsupported, error_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # mypy runs elsewhere


POLL_INTERVAL_S = 0.02

FLOCK_POLL_INTERVAL_S = 0.05


@contextlib.contextmanager
def hold(path: str, timeout_s: float = 0) -> Iterator[bool]:
    """Hold the lock at `path` for the block. Yield False if another process held it all the time.

    Raise LockUnsupported if there can be no lock.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - setup runs before it is installed

    _check(path)
    # No soft lock: a killed process leaves its file behind, which would block every refresh.
    lock = FileLock(path, mode=0o600, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=timeout_s, poll_interval=POLL_INTERVAL_S, blocking=timeout_s > 0)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError) as error:
        raise LockUnsupported(f"{path} cannot be locked: {error_text(error)}") from error
    try:
        yield True
    finally:
        lock.release()


def _check(path: str) -> None:
    """Raise LockUnsupported if filelock would truncate a second name's file, or wait at a FIFO."""
    with contextlib.suppress(OSError):  # a missing file is fine; other errors filelock reports
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise LockUnsupported(f"{path} is not a plain file with one name; remove it")


@contextlib.contextmanager
def hold_existing(path: str, timeout_s: float) -> Iterator[bool]:
    """Hold the lock on `path` for the block. Yield False if another process held it all the time.

    Yield True without a lock if there is nothing at `path`, or if the file system has no locks.
    The caller must work in that case, too.
    """
    descriptor = _open(path)
    if descriptor is None:
        yield True
        return
    try:
        yield acquire_descriptor(descriptor, timeout_s)
    finally:
        os.close(descriptor)


def acquire_descriptor(descriptor: int, timeout_s: float) -> bool:
    """Lock an open file until it is closed. Return True or False as in `hold`."""
    deadline = time.monotonic() + timeout_s
    while try_acquire_descriptor(descriptor) is False:
        if time.monotonic() >= deadline:
            return False
        time.sleep(FLOCK_POLL_INTERVAL_S)
    return True


def try_acquire_descriptor(descriptor: int) -> bool | None:
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
