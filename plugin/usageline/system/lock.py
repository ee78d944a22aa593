"""Hold the single-flight lock of the refresh. The kernel releases it if its process dies."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from usageline.core.errors import LockUnsupported, error_text

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_INTERVAL_S = 0.02


@contextlib.contextmanager
def hold(path: str, timeout_s: float = 0) -> Iterator[bool]:
    """Hold the lock at `path` for the block. Yield False if another process held it all the time.

    Raise LockUnsupported if there can be no lock.
    """
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
