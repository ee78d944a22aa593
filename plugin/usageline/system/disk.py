"""What kept the cold side from what a line had started, told to the next line in one word.

The word stands in the access time of the stamp by which it was started (`line/spawn.py:HINDRANCES`): that takes no room, so it can be written
on a full disk, too. The line reads it where the same thing is due again, and has it tried less often.
"""

from __future__ import annotations

import contextlib
import errno
import os

from usageline.core.errors import CacheUnwritable, LockUnsupported
from usageline.core.throttle import FAILURES
from usageline.system.files import remove_file, set_times

FULL = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})
NO_LOCKS = frozenset(
    {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, getattr(errno, "ENOTSUP", errno.EOPNOTSUPP)}
)

WORDS = {
    "full": "the disk is full",
    "unwritable": "the cache cannot be written",
    "unlockable": "the file system has no locks",
}
"""Each hindrance, for people."""

TIMES = {word: code for code, word in FAILURES.items()}
TRIED_BYTES = 64 << 10
"""What a store and a snapshot take together, and some more."""


def word_for(fault: BaseException) -> str:
    """The word for what went wrong: that of the system's own error, or of the error that `fault` was raised from."""
    if isinstance(fault, NotImplementedError):
        return "unlockable"
    if isinstance(fault, OSError):
        known = {**dict.fromkeys(NO_LOCKS, "unlockable"), **dict.fromkeys(FULL, "full")}
        return known.get(fault.errno or 0, "unwritable")
    return (
        word_for(fault.__cause__)
        if isinstance(fault, (CacheUnwritable, LockUnsupported)) and fault.__cause__
        else "unwritable"
    )


def tried(directory: str) -> OSError | None:
    """Why nothing can be written in `directory`, or None where something can. For a library that keeps the system's reason to itself."""
    path = os.path.join(directory, ".tried.usageline-new")
    try:
        remove_file(path)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(bytes(TRIED_BYTES))
    except OSError as error:
        return error
    finally:
        with contextlib.suppress(OSError):
            remove_file(path)
    return None


def forget(stamp: str) -> None:
    """Take the word back that an earlier try left."""
    with contextlib.suppress(OSError, NotImplementedError):
        set_times(
            stamp, lambda found: (0, found.st_mtime_ns) if int(found.st_atime) in FAILURES else None
        )


def note(stamp: str, word: str) -> None:
    """Leave the word for the lines to come. Nothing where there is no stamp, or where it cannot be changed: a line sees that by itself."""
    with contextlib.suppress(OSError, NotImplementedError, KeyError):
        atime_ns = TIMES[word] * 10**9
        set_times(stamp, lambda found: (atime_ns, found.st_mtime_ns))
