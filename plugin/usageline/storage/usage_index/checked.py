"""Remember that the index passed SQLite's own check, which reads every page of it.

What usageline itself writes later needs no new check for a day. Any other change of the file, as by
a copy or a killed writer, has one.
"""

from __future__ import annotations

import contextlib
import os
import time

from usageline.system.files import read_regular, write_atomic

SUFFIX = "-checked"
MAX_BYTES = 256
INTERVAL_S = 86_400
"""A disk may damage a page without changing the file's time."""


# tried by: tests/local
def checked_at(path: str) -> float | None:
    """Return when the index at `path` was checked, None if it must be checked now."""
    try:
        state, _, at = read_regular(path + SUFFIX, MAX_BYTES).decode("ascii").partition(" at ")
        checked = float(at)
        is_same = state == _state(path)
    except (OSError, ValueError):
        return None
    return checked if is_same and 0 <= time.time() - checked < INTERVAL_S else None


def remember(path: str, at: float) -> None:
    """Remember that the closed index at `path` was checked at that time. Ignore errors."""
    with contextlib.suppress(OSError):
        text = f"{_state(path)} at {at}"
        write_atomic(path + SUFFIX, text.encode("ascii"), 0o600, sync=False)


def _state(path: str) -> str:
    """Return what changes with any write to the file. Raise OSError if a writer was killed."""
    if os.path.lexists(path + "-wal") or os.path.lexists(path + "-journal"):
        raise FileExistsError(path)
    status = os.lstat(path)
    return f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
