"""The cache directory: made 0700, and refused where others could put things into it."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from usageline import paths
from usageline.errors import CacheUnsafe

if TYPE_CHECKING:
    from collections.abc import Mapping


def prepare(env: Mapping[str, str]) -> str:
    """Make the profile's cache directory where it is missing, and give its path. CacheUnsafe where it is not ours alone."""
    path = paths.cache_dir(env)
    try:
        os.makedirs(os.path.dirname(os.path.dirname(path)), mode=0o700, exist_ok=True)
    except OSError as error:
        raise CacheUnsafe(f"{path} cannot be made: {error.strerror}") from None
    private_directory(os.path.dirname(path))
    return private_directory(path)


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
            if found.st_mode & 0o022:
                raise CacheUnsafe(f"{path} can be written by others; remove it")
            if stat.S_IMODE(found.st_mode) != 0o700:
                os.chmod(path, 0o700)
    except OSError as error:
        raise CacheUnsafe(f"{path} cannot be used: {error.strerror}") from None
    return path
