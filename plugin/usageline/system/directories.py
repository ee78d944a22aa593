"""The cache directory: made 0700, and refused where others could put things into it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from usageline.core import path_owners, paths
from usageline.core.errors import CacheUnsafe
from usageline.system.trust import is_private_group

SYNCS = 16
"""Files that are synced at the same time."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DIRECTORIES = (paths.told_dir, paths.looks_dir)
"""Of ours in the cache directory. The store looks after its own."""


def prepare(env: Mapping[str, str]) -> str:
    """Make the profile's cache directory where it is missing, and give its path. CacheUnsafe where it is not ours alone.

    What has the name of a file or directory of ours in it and is of another kind, a link for one, is set aside.
    """
    path: str = paths.cache_dir(env)
    private_directory(os.path.dirname(path))
    private_directory(path)
    files = (
        paths.snapshot,
        paths.line_config,
        paths.line_config_stamp,
        paths.stamp,
        paths.lock,
        paths.terminal_background,
    )
    for place, is_kind in (
        *((file(env), stat.S_ISREG) for file in files),
        *((folder(env), stat.S_ISDIR) for folder in DIRECTORIES),
    ):
        make_way(place, is_kind)
    return path


def make_way(path: str, is_kind: Callable[[int], bool] = stat.S_ISREG) -> None:
    """Set aside what stands at `path` and is of another kind: nothing of ours could be read or written there.

    A link, or anything else without content of its own, goes.
    """
    try:
        found = os.lstat(path)
        if stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
            if not is_kind(found.st_mode):
                set_aside(path)
        else:
            os.unlink(path)
    except OSError:
        return


def set_aside(path: str) -> str:
    """Rename what is at `path` to <path>.broken, in place of what was set aside earlier; gives that. OSError where that fails."""
    aside = path + ".broken"
    if os.path.isdir(aside) and not os.path.islink(aside):
        shutil.rmtree(aside)
    elif os.path.lexists(aside):
        os.unlink(aside)
    os.rename(path, aside)
    return aside


def private_directory(path: str) -> str:
    """Make `path` a directory of mode 0700, or see that it is one, and give it back. CacheUnsafe otherwise.

    So it is where another user could put something else in place of a directory above it. What is missing of those is made.
    """
    try:
        if os.name == "posix":
            _make_private(path)
        else:
            os.makedirs(path, exist_ok=True)
    except path_owners.Unsafe as unsafe:
        raise CacheUnsafe(f"{path} is not safe: {unsafe.filename}: {unsafe.strerror}") from None
    except OSError as error:
        raise CacheUnsafe(f"{path} cannot be used: {error.strerror}") from None
    return path


def _make_private(path: str) -> None:
    parent = path_owners.opened(os.path.dirname(path), make=True)
    try:
        name = os.path.basename(path)
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            raise CacheUnsafe(f"{path} is no directory; remove it")
        if found.st_uid != os.geteuid():
            raise CacheUnsafe(f"{path} belongs to another user; remove it")
        # What others could write to may already hold what others wrote.
        if found.st_mode & 0o002 or (found.st_mode & 0o020 and not is_private_group(found.st_gid)):
            raise CacheUnsafe(f"{path} can be written by others; remove it")
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.chmod(name, 0o700, dir_fd=parent)
    finally:
        os.close(parent)


def remove_tree(path: str) -> bool:
    """Remove a directory of ours with everything in it; False where there is none, or only a link or a file of somebody else's."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    shutil.rmtree(path)
    return True


def sync_tree(path: str) -> None:
    """Have every file and directory below `path` written to disk: after a loss of power it is whole.

    Side by side, for a file system writes many at once in the time of a few.
    """
    found = [path]
    for directory, names, leaves in os.walk(path):
        found += [os.path.join(directory, name) for name in (*names, *leaves)]
    with ThreadPoolExecutor(SYNCS) as pool:
        for _ in pool.map(_sync, found):
            pass
    _sync(os.path.dirname(path))


def _sync(path: str) -> None:
    # Some file systems refuse to sync a directory, and a link needs none; what cannot be opened is not ours to write.
    with contextlib.suppress(OSError):
        if stat.S_ISREG(os.lstat(path).st_mode) or os.path.isdir(path):
            descriptor = os.open(
                path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            )
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


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
            os.chmod(path, 0o700)  # the umask may have taken from the user, too


def remove_if_empty(path: str) -> bool:
    """Remove a directory that holds nothing; False where it holds something or is not there."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True
