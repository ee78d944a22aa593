"""The lock that makes the refresh single. The kernel lets go of it when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from usageline.core.errors import LockUnsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_S = 0.02


def _check(path: str) -> None:
    """LockUnsupported where the library would empty another name's file, or wait for a FIFO's writer."""
    with contextlib.suppress(OSError):  # there is none, or the library's own error says more
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise LockUnsupported(f"{path} is no file of its own; remove it")


@contextlib.contextmanager
def held(path: str, wait_s: float = 0) -> Iterator[bool]:
    """Hold the lock at `path` for the block; False where somebody else keeps it for `wait_s`. LockUnsupported where there can be no lock."""
    # A soft lock is a file that a killed holder leaves behind: then there would be no refresh ever again.
    _check(path)
    lock = FileLock(path, mode=0o600, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=wait_s, poll_interval=POLL_S, blocking=wait_s > 0)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError) as error:
        raise LockUnsupported(
            f"{path} cannot be locked: {getattr(error, 'strerror', None) or type(error).__name__}"
        ) from error
    try:
        yield True
    finally:
        lock.release()
