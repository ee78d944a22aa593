"""Find out why the disk could not be written, in the words of `core/throttle.py`."""

from __future__ import annotations

import contextlib
import errno
import os

from usageline.core.errors import CacheUnwritable, LockUnsupported
from usageline.system.files import remove_file

FULL = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})
NO_LOCKS = frozenset(
    {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, getattr(errno, "ENOTSUP", errno.EOPNOTSUPP)}
)

MESSAGES = {
    "full": "the disk is full",
    "unwritable": "the cache cannot be written",
    "unlockable": "the file system has no locks",
}
"""Each of `throttle.FAILURES`, for people."""

PROBE_BYTES = 64 << 10
"""A store and a snapshot together take less."""


def failure_of(error: BaseException) -> str:
    """Return the one of `throttle.FAILURES` that fits an error or its cause."""
    if isinstance(error, NotImplementedError):
        return "unlockable"
    if isinstance(error, OSError):
        failures = {**dict.fromkeys(NO_LOCKS, "unlockable"), **dict.fromkeys(FULL, "full")}
        return failures.get(error.errno or 0, "unwritable")
    return (
        failure_of(error.__cause__)
        if isinstance(error, (CacheUnwritable, LockUnsupported)) and error.__cause__
        else "unwritable"
    )


def write_error(directory: str) -> OSError | None:
    """Return the error of writing a file in `directory`, or None if it succeeds.

    It serves a library that hides the system's reason.
    """
    path = os.path.join(directory, ".tried.usageline-new")
    try:
        remove_file(path)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(bytes(PROBE_BYTES))
    except OSError as error:
        return error
    finally:
        with contextlib.suppress(OSError):
            remove_file(path)
    return None
