"""Keep every reading by account for 90 days, for the forecast and for `usageline history`.

Lines are added under a lock of the account's own: the refresh lock is each profile's, and two
profiles may share an account. Reading needs no lock and skips a line that is only partly written.
Nothing here raises.
"""

from __future__ import annotations

import contextlib
import os
import time
from operator import attrgetter
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnsafe
from usageline.core.freshness import CLOCK_JUMP_S
from usageline.storage.history import files
from usageline.storage.history.line import MAX_LINE_BYTES, decode, encode
from usageline.system import lock
from usageline.usage import plausibility

if TYPE_CHECKING:
    from usageline.system.paths import Paths
    from usageline.usage.model import Reading

LOCK_TIMEOUT_S = 2.0
"""Adding a line, or cutting a file, takes a moment: a process that holds the lock longer hangs."""

ERRORS = (OSError, CacheUnsafe, LookupError)
"""LookupError: the environment names no home."""


def append(paths: Paths, account: str, reading: Reading) -> bool:
    """Append the reading, unless it is the last one already.

    Return False if it cannot be written: the disk is full, or the directory is unsafe.
    """
    line = encode(reading)
    if not files.ACCOUNT.fullmatch(account) or len(line) > MAX_LINE_BYTES:
        return False
    try:
        path = files.create_directory(paths, account)
        with files.open_directory(paths, account) as directory:
            alone = lock.acquire_descriptor(directory, LOCK_TIMEOUT_S)
            with files.open_month(
                directory, path, files.month_file(reading.observed_at)
            ) as descriptor:
                is_kept = _add(descriptor, line, reading.observed_at)
            if alone:  # cutting replaces the file: a line added meanwhile would be lost
                with contextlib.suppress(OSError):
                    files.prune(
                        directory,
                        path,
                        reading.observed_at if plausibility.clock_agrees(reading) else None,
                    )
    except ERRORS:
        return False
    return is_kept


def load(
    paths: Paths, account: str, since: float = 0, *, now: float | None = None
) -> list[Reading]:
    """Return the account's readings from `since` until `now` (epoch seconds), oldest first.

    They have no forecasts. `now` is the time of this machine unless given.
    """
    if not files.ACCOUNT.fullmatch(account):
        return []
    until = (time.time() if now is None else now) + CLOCK_JUMP_S
    lines: list[bytes] = []
    try:
        with files.open_directory(paths, account) as directory:
            lines = files.read_lines(directory, since, until)
    except ERRORS:
        return []
    readings = list(decode(lines, since, until))
    readings.sort(key=attrgetter("observed_at"))  # in order already, but for clocks that were set
    return readings


def accounts(paths: Paths) -> list[str]:
    """Return the keys of the accounts that have a history."""
    try:
        return files.accounts(paths)
    except ERRORS:
        return []


def _add(descriptor: int, line: bytes, observed_at: int) -> bool:
    size = os.fstat(descriptor).st_size
    at = max(size - 2 * MAX_LINE_BYTES, 0)
    tail = os.pread(descriptor, size - at, at)
    if any(reading.observed_at == observed_at for reading in _last(tail)):
        return True
    # A partly written line of a killed refresh must not spoil this one.
    data = (b"\n" if tail and not tail.endswith(b"\n") else b"") + line + b"\n"
    return os.write(descriptor, data) == len(data)


def _last(tail: bytes) -> list[Reading]:
    """Return the last reading in the end of a file, [] if there is none."""
    for line in reversed(tail.split(b"\n")):
        readings = list(decode([line]))
        if readings:
            return readings
    return []
