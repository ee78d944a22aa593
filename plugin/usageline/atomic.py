"""Files that readers see whole, old or new, and never in between: the one place that replaces a file."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def replace_file(path: str, data: bytes, mode: int, still_good: Callable[[], bool] = lambda: True, *, sync: bool = True) -> bool:
    """Put `data` at `path` in one step, synced to disk. False, and nothing changed, where `still_good` says no at the last moment.

    An OSError names `path`, also where it is the writing that failed. Without `sync` a loss of power may leave an empty file: for what is made anew every few seconds.

    The temporary file has one fixed name beside `path`, so that what a killed run left is overwritten by the next one.
    """
    temporary = temporary_name(path)
    remove_file(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        _write(descriptor, data, mode, sync=sync)
        if not still_good():
            return False
        os.replace(temporary, path)
    except OSError as error:
        error.filename = error.filename if error.filename not in (None, temporary) else path
        raise
    finally:
        remove_file(temporary)
    if sync:
        _sync_directory(os.path.dirname(path))
    return True


def temporary_name(path: str) -> str:
    """Where `replace_file` writes before it renames."""
    return os.path.join(os.path.dirname(path), "." + os.path.basename(path) + ".usageline-new")


def remove_file(path: str) -> bool:
    """Remove a file or link; False where there was none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def _write(descriptor: int, data: bytes, mode: int, *, sync: bool) -> None:
    with os.fdopen(descriptor, "wb") as file:
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
