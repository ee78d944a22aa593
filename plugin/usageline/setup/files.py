"""Files and directories that are made, replaced and removed so that a kill at any moment leaves the old or the new, never a part."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def replace_file(path: str, data: bytes, mode: int, still_good: Callable[[], bool] = lambda: True) -> bool:
    """Put `data` at `path` in one step, synced to disk. False, and nothing changed, where `still_good` says no at the last moment.

    The temporary file has one fixed name beside `path`, so that what a killed run left is overwritten by the next one.
    """
    temporary = temporary_name(path)
    remove_file(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if not still_good():
            return False
        os.replace(temporary, path)
    finally:
        remove_file(temporary)
    _sync_directory(os.path.dirname(path))
    return True


def temporary_name(path: str) -> str:
    """Where `replace_file` writes before it renames."""
    return os.path.join(os.path.dirname(path), "." + os.path.basename(path) + ".usageline-new")


def replace_link(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`, in one step."""
    temporary = temporary_name(path)
    remove_file(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, path)


def remove_file(path: str) -> bool:
    """Remove a file or link; False where there was none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def remove_tree(path: str) -> bool:
    """Remove a directory of ours with everything in it; False where there is none, or only a link or a file of somebody else's."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    shutil.rmtree(path)
    return True


def missing_directories(paths: Iterable[str]) -> list[str]:
    """The directories that would have to be made so that all of `paths` exist, outermost first."""
    missing: set[str] = set()
    for path in paths:
        at = path
        while at not in missing and not os.path.lexists(at):
            missing.add(at)
            at = os.path.dirname(at)
    return sorted(missing)


def make_directory(path: str) -> None:
    """Make a directory and its parents, for the user alone; one that exists stays as it is."""
    if not os.path.isdir(path):
        make_directory(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)


def remove_if_empty(path: str) -> bool:
    """Remove a directory that holds nothing; False where it holds something or is not there."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def _sync_directory(path: str) -> None:
    # Some file systems refuse to sync a directory; the rename itself is whole all the same.
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
