"""Every reading, kept by account for 90 days: for the forecast, and for people to look at.

It is added to under a lock of the account's own, for the refresh lock is each profile's and two profiles may have one account. It is read at any
time; a reader never sees more of a line that is being written than a broken one, which it passes over. Nothing here raises.
"""

from __future__ import annotations

import contextlib
import os
import time
from operator import attrgetter
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnsafe
from usageline.storage.history import files
from usageline.storage.history.line import LONGEST_LINE, decode, encode
from usageline.system import flock
from usageline.usage import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.model import Reading

CLOCK_SLACK_S = 60
"""A reading further in the future than this was taken under another clock."""

LOCK_WAIT_S = 2.0
"""Adding a line takes a moment, and cutting a file not much longer: who has the lock for so long hangs."""

FAULTS = (OSError, CacheUnsafe, LookupError)
"""LookupError: the environment names no home."""


def append(env: Mapping[str, str], account: str, reading: Reading) -> bool:
    """Keep the reading, unless it is the one that was kept last. False where it cannot be kept: the disk is full, the place is not ours."""
    line = encode(reading)
    if not files.ACCOUNT.fullmatch(account) or len(line) > LONGEST_LINE:
        return False
    try:
        path = files.make(env, account)
        with files.directory(env, account) as directory:
            alone = flock.acquire(directory, LOCK_WAIT_S)
            with files.opened(directory, path, files.name_of(reading.observed_at)) as descriptor:
                kept = _add(descriptor, line, reading.observed_at)
            if alone:  # a file is cut by being replaced: what somebody adds meanwhile would be lost
                with contextlib.suppress(OSError):
                    files.bound(
                        directory, path, reading.observed_at if clock.agrees(reading) else None
                    )
    except FAULTS:
        return False
    return kept


def load(env: Mapping[str, str], account: str, since: float = 0) -> list[Reading]:
    """The account's readings from `since` (epoch seconds) until now, the oldest first. Without what a forecast added to them."""
    if not files.ACCOUNT.fullmatch(account):
        return []
    until = time.time() + CLOCK_SLACK_S
    lines: list[bytes] = []
    try:
        with files.directory(env, account) as directory:
            lines = files.lines(directory, since, until)
    except FAULTS:
        return []
    readings = list(decode(lines, since, until))
    readings.sort(key=attrgetter("observed_at"))  # in order already, but for clocks that were set
    return readings


def accounts(env: Mapping[str, str]) -> list[str]:
    """The keys of the accounts of which something is kept."""
    try:
        return files.accounts(env)
    except FAULTS:
        return []


def _add(descriptor: int, line: bytes, observed_at: int) -> bool:
    size = os.fstat(descriptor).st_size
    at = max(size - 2 * LONGEST_LINE, 0)
    tail = os.pread(descriptor, size - at, at)
    if any(reading.observed_at == observed_at for reading in _last(tail)):
        return True
    # What a killed run left of a line must not take this one along.
    data = (b"\n" if tail and not tail.endswith(b"\n") else b"") + line + b"\n"
    return os.write(descriptor, data) == len(data)


def _last(tail: bytes) -> list[Reading]:
    """The last reading in the end of a file, if there is one."""
    for line in reversed(tail.split(b"\n")):
        found = list(decode([line]))
        if found:
            return found
    return []
