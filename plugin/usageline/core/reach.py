"""Check that no other user can replace a directory. It is fast enough for the hot side."""

from __future__ import annotations

from usageline.core import syscalls
from usageline.core.ownership import is_trusted_directory


def is_reached_safely(path: str) -> bool:
    """Return whether no other user can replace `path` or a directory above it.

    A directory that does not exist yet is safe if those above it are.
    """
    if not hasattr(syscalls, "geteuid"):
        return True
    at = path
    while True:
        try:
            stat = syscalls.lstat(at)
            if stat.st_mode & 0o170000 in (0o040000, 0o120000) and not is_trusted_directory(
                stat, syscalls.geteuid()
            ):
                from usageline.core import path_owners  # noqa: PLC0415 - seldom needed

                return path_owners.is_reached_safely(path)
        except OSError:
            pass  # it does not exist yet: the directory that will contain it counts
        if at in ("", "/"):
            return True
        at = at.rpartition("/")[0] or "/"
