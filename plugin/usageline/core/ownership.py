"""Check that only this user can change one of usageline's files or directories.

It is fast enough for the hot side.
"""

from __future__ import annotations

from usageline.core import syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os


def is_private_directory(directory: str) -> bool:
    """Return whether only this user can write to a directory, or it does not exist yet."""
    try:
        stat = syscalls.lstat(directory)
    except OSError:
        return True  # it does not exist yet
    return not hasattr(syscalls, "geteuid") or (
        stat.st_mode & 0o170000 == 0o040000
        and stat.st_uid == syscalls.geteuid()
        and not stat.st_mode & 0o022
    )


def is_own_file(stat: os.stat_result) -> bool:
    """Return whether the file with that status is this user's alone, or a directory of this user.

    A file with a second name may be another's, too.
    """
    is_owner = not hasattr(syscalls, "geteuid") or stat.st_uid == syscalls.geteuid()
    return is_owner and (
        stat.st_mode & 0o170000 == 0o040000
        or (stat.st_mode & 0o170000 == 0o100000 and stat.st_nlink == 1)
    )


def is_trusted_directory(stat: os.stat_result, user: int) -> bool:
    """Return whether only `user` and root can rename things in the directory with that status.

    They can if one of them owns it, and it is closed to others or sticky.
    """
    is_directory = stat.st_mode & 0o170000 == 0o040000
    return (
        is_directory
        and stat.st_uid in (0, user)
        and bool(not stat.st_mode & 0o022 or stat.st_mode & 0o1000)
    )
