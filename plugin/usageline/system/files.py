"""Files that readers see whole, old or new, and never in between: the one place that replaces a file."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # mypy runs elsewhere

from usageline.system.directories import _sync

_FOLLOW_SAFELY = (
    getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ATTEMPTS = 5
"""For a temporary file that another process swept away before it was locked."""

STALE_S = 60.0
"""Age at which a temporary file counts as left behind if its file system has no locks."""

_SUFFIX = ".usageline-new"
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def write_atomic(
    path: str,
    data: bytes,
    mode: int,
    still_good: Callable[[], bool] = lambda: True,
    *,
    sync: bool = True,
) -> bool:
    """Put `data` at `path` in one step, synced to disk. False, and nothing changed, where `still_good` says no at the last moment.

    An OSError names `path`, also where it is the writing that failed. Without `sync` a loss of power may leave an empty file: for what is made anew every few seconds.

    Each writer has a temporary file of its own beside `path`, locked while it is written. What a killed run left is not
    locked: the next run removes it.
    """
    sweep(path)
    temporary, descriptor = _create(path)
    try:
        # The lock lives as long as the descriptor: it is closed after the rename.
        _write(descriptor, data, mode, sync=sync)
        if not still_good():
            return False
        os.replace(temporary, path)
    except OSError as error:
        error.filename = error.filename if error.filename not in (None, temporary) else path
        raise
    finally:
        os.close(descriptor)
        remove_file(temporary)
    if sync:
        _sync_directory(os.path.dirname(path))
    return True


def temporary_name(path: str) -> str:
    """Return the name that versions up to 0.1.0 gave to the one temporary file for `path`."""
    return os.path.join(os.path.dirname(path), "." + os.path.basename(path) + _SUFFIX)


def unique_name(path: str) -> str:
    """Return a name for a temporary file that no other writer of `path` uses."""
    return os.path.join(
        os.path.dirname(path),
        f".{os.path.basename(path)}.{os.getpid():x}-{os.urandom(4).hex()}{_SUFFIX}",
    )


def temporaries(path: str) -> list[str]:
    """Return the temporary files for `path` that exist, whoever uses them."""
    directory, name = os.path.split(path)
    is_ours = re.compile(
        rf"\.{re.escape(name)}(\.[0-9a-f]+-[0-9a-f]{{8}})?{re.escape(_SUFFIX)}"
    ).fullmatch
    try:
        return [
            os.path.join(directory, one) for one in os.listdir(directory or ".") if is_ours(one)
        ]
    except OSError:
        return []


def sweep(path: str) -> None:
    """Remove the temporary files for `path` that no running process holds."""
    for temporary in temporaries(path):
        with contextlib.suppress(OSError):
            _sweep(temporary)


def remove_file(path: str) -> bool:
    """Remove a file or link; False where there was none."""
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
        # A sweep may come between the two calls.
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)
        remove_file(temporary)
    raise FileExistsError(17, "another process keeps removing the temporary file", path)


def _sweep(temporary: str) -> None:
    if not stat.S_ISREG(os.lstat(temporary).st_mode):
        remove_file(temporary)
        return
    # For writing: some network file systems give no exclusive lock without.
    descriptor = os.open(temporary, os.O_RDWR | _SAFELY)
    try:
        free = _lock(descriptor)
        if free or (free is None and time.time() - os.fstat(descriptor).st_mtime > STALE_S):
            remove_file(temporary)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Try to lock what is open there. None if the system or the file system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _write(descriptor: int, data: bytes, mode: int, *, sync: bool) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(data)
        file.flush()
        _set_mode(file.fileno(), mode)
        if sync:
            os.fsync(file.fileno())


def _set_mode(descriptor: int, mode: int) -> None:
    if hasattr(os, "fchmod"):  # Windows has none
        os.fchmod(descriptor, mode)


def _sync_directory(path: str) -> None:
    # Some file systems refuse to sync a directory; the rename itself is whole all the same.
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace_link(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`, in one step."""
    sweep(path)
    temporary = unique_name(path)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, path)
    finally:
        remove_file(temporary)
    _sync(os.path.dirname(path))


def read_regular(path: str, max_bytes: int) -> bytes:
    """Return at most `max_bytes` of the regular file at `path`, or where a link there leads. OSError if it is none, or cannot be read."""
    # Before it is opened, too: that alone makes some devices do something.
    _check_regular(os.stat(path), path)
    descriptor = os.open(path, os.O_RDONLY | _FOLLOW_SAFELY)
    try:
        _check_regular(os.fstat(descriptor), path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)
    finally:
        os.close(descriptor)


def _check_regular(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PermissionError(1, "it is not a regular file", path)
