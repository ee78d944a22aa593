"""The cache directory: made 0700, and refused where others could put things into it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

from usageline import paths
from usageline.errors import CacheUnsafe
from usageline.trust import is_private_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIRECTORIES = (paths.told_dir, paths.looks_dir)
"""Of ours in the cache directory. The store looks after its own."""


def prepare(env: Mapping[str, str]) -> str:
    """Make the profile's cache directory where it is missing, and give its path. CacheUnsafe where it is not ours alone.

    What has the name of a file or directory of ours in it and is of another kind, a link for one, is set aside.
    """
    path: str = paths.cache_dir(env)
    try:
        os.makedirs(os.path.dirname(os.path.dirname(path)), mode=0o700, exist_ok=True)
    except OSError as error:
        raise CacheUnsafe(f"{path} cannot be made: {error.strerror}") from None
    private_directory(os.path.dirname(path))
    private_directory(path)
    files = (paths.snapshot, paths.line_config, paths.line_config_stamp, paths.stamp, paths.lock, paths.terminal_background)
    for place, is_kind in (*((file(env), stat.S_ISREG) for file in files), *((folder(env), stat.S_ISDIR) for folder in DIRECTORIES)):
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
    """Make `path` a directory of mode 0700, or see that it is one, and give it back. CacheUnsafe otherwise."""
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            raise CacheUnsafe(f"{path} is no directory; remove it")
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            raise CacheUnsafe(f"{path} belongs to another user; remove it")
        if os.name == "posix":
            # What others could write to may already hold what others wrote.
            if found.st_mode & 0o002 or (found.st_mode & 0o020 and not is_private_group(found.st_gid)):
                raise CacheUnsafe(f"{path} can be written by others; remove it")
            if stat.S_IMODE(found.st_mode) != 0o700:
                os.chmod(path, 0o700)
    except OSError as error:
        raise CacheUnsafe(f"{path} cannot be used: {error.strerror}") from None
    return path
