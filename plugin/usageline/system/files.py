"""Read and replace files: readers see the old or the new content, never a mixture.

If the disk cannot be written, find out why, in the words of `core/throttle.py`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time

from usageline.core.errors import CacheUnwritable, LockUnsupported
from usageline.system import lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
"""Flags for `os.open`. Without O_NONBLOCK, opening a FIFO would wait for a writer."""

NO_LINK = NO_WAIT | getattr(os, "O_NOFOLLOW", 0)
"""The same, refusing a symbolic link at the end of the path."""

MAX_ATTEMPTS = 5
"""Limit for temporary files that another process removes before they are locked."""

STALE_S = 60.0
"""Age at which a temporary file counts as left over on a file system without locks."""

_SUFFIX = ".usageline-new"
HEX_DIGITS = frozenset("0123456789abcdef")

FULL = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})
NO_LOCKS = frozenset(
    {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, getattr(errno, "ENOTSUP", errno.EOPNOTSUPP)}
)

FAILURE_TEXTS = {
    "full": "the disk is full",
    "unwritable": "the cache cannot be written",
    "unlockable": "the file system has no locks",
}
"""Each of `throttle.FAILURES`, for people."""

PROBE_BYTES = 64 << 10
"""A store and a snapshot together take less."""


def write_atomic(
    path: str,
    data: bytes,
    mode: int,
    is_wanted: Callable[[], bool] = lambda: True,
    *,
    sync: bool = True,
) -> bool:
    """Write `data` to `path` in one step and flush it to disk.

    Return False and change nothing if `is_wanted` returns False right before the rename. An
    OSError names `path` even if the temporary file failed. Without `sync` a loss of power may
    leave an empty file: use that only for files that are rewritten every few seconds.

    Each writer locks its own temporary file beside `path`. A killed run's file is not locked, so
    the next run removes it.
    """
    remove_leftovers(path)
    temporary, descriptor = _create(path)
    try:
        # The lock lives as long as the descriptor: it is closed after the rename.
        _write(descriptor, data, mode, sync=sync)
        if not is_wanted():
            return False
        os.replace(temporary, path)
    except OSError as error:
        error.filename = error.filename if error.filename not in (None, temporary) else path
        raise
    finally:
        os.close(descriptor)
        remove_file(temporary)
    if sync:
        flush(os.path.dirname(path))
    return True


def replace_link(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`, in one step."""
    remove_leftovers(path)
    temporary = unique_name(path)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, path)
    finally:
        remove_file(temporary)
    flush(os.path.dirname(path))


def read_regular(path: str, max_bytes: int) -> bytes:
    """Return at most `max_bytes` of the regular file at `path`. Raise OSError if it is none."""
    with open_regular(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(max_bytes)


@contextlib.contextmanager
def open_regular(path: str) -> Iterator[int]:
    """Open the regular file at `path` for reading, following links.

    Raise OSError if it is anything else or cannot be read.
    """
    # Before the open, too: opening alone makes some devices act.
    _check_regular(os.stat(path), path)
    descriptor = os.open(path, os.O_RDONLY | NO_WAIT)
    try:
        _check_regular(os.fstat(descriptor), path)
        yield descriptor
    finally:
        os.close(descriptor)


def is_own(status: os.stat_result) -> bool:
    """Return whether a file belongs to this user. Windows reports no owner."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def flush(path: str, *, follow_links: bool = True) -> None:
    """Flush a file or directory to disk. Do nothing if it cannot be opened or synced."""
    # Some file systems refuse to sync a directory; a rename is atomic even so.
    with contextlib.suppress(OSError):
        mode = os.stat(path, follow_symlinks=follow_links).st_mode
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            descriptor = os.open(path, os.O_RDONLY | (NO_WAIT if follow_links else NO_LINK))
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def unique_name(path: str) -> str:
    """Return a name for a temporary file that no other writer of `path` uses."""
    return os.path.join(
        os.path.dirname(path),
        f".{os.path.basename(path)}.{os.getpid():x}-{os.urandom(4).hex()}{_SUFFIX}",
    )


def temporary_files(path: str) -> list[str]:
    """Return the existing temporary files for `path` of all processes."""
    directory, name = os.path.split(path)
    try:
        return [
            os.path.join(directory, entry)
            for entry in os.listdir(directory or ".")
            if entry[:1] == "." and _is_temporary(entry, name)
        ]
    except OSError:
        return []


def _is_temporary(entry: str, name: str) -> bool:
    """Return whether a file is temporary for that name. `re` takes longer to import than this."""
    if not (entry.startswith(f".{name}") and entry.endswith(_SUFFIX)):
        return False
    middle = entry[1 + len(name) : -len(_SUFFIX)]
    process, dash, random = middle[1:].partition("-")
    return not middle or (
        middle[0] == "."
        and dash == "-"
        and len(random) == 8
        and bool(process)
        and HEX_DIGITS.issuperset(process + random)
    )


def remove_leftovers(path: str) -> None:
    """Remove the temporary files for `path` that no running process has locked."""
    for temporary in temporary_files(path):
        with contextlib.suppress(OSError):
            _remove_unlocked(temporary)


def remove_file(path: str) -> bool:
    """Remove a file or link. Return False if there was none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def _create(path: str) -> tuple[str, int]:
    """Create a temporary file and lock it."""
    for _ in range(MAX_ATTEMPTS):
        temporary = unique_name(path)
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
        # Another process may remove the file between the two calls.
        if lock.try_acquire_descriptor(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)
        remove_file(temporary)
    raise FileExistsError(17, "another process keeps removing the temporary file", path)


def _remove_unlocked(temporary: str) -> None:
    if not stat.S_ISREG(os.lstat(temporary).st_mode):
        remove_file(temporary)
        return
    # Open for writing: some network file systems need that for an exclusive lock.
    descriptor = os.open(temporary, os.O_RDWR | NO_LINK)
    try:
        is_free = lock.try_acquire_descriptor(descriptor)
        if is_free or (is_free is None and time.time() - os.fstat(descriptor).st_mtime > STALE_S):
            remove_file(temporary)
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes, mode: int, *, sync: bool) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(data)
        file.flush()
        if hasattr(os, "fchmod"):  # Windows has none
            os.fchmod(file.fileno(), mode)
        if sync:
            os.fsync(file.fileno())


def _check_regular(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PermissionError(1, "it is not a regular file", path)


def failure_of(error: BaseException) -> str:
    """Return the one of `throttle.FAILURES` that fits an error or its cause."""
    if isinstance(error, (CacheUnwritable, LockUnsupported)) and error.__cause__:
        return failure_of(error.__cause__)
    number = error.errno if isinstance(error, OSError) else None
    if number in NO_LOCKS or isinstance(error, NotImplementedError):
        return "unlockable"
    return "full" if number in FULL else "unwritable"


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
