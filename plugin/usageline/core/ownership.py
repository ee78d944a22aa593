"""Check that only this user can change a file or directory of usageline's. Cheap enough for the hot side."""

from usageline.core import syscalls


def is_private_directory(directory):
    """Whether a directory is this user's alone to write to, or is not there yet."""
    try:
        found = syscalls.lstat(directory)
    except OSError:
        return True  # there is none yet
    if not hasattr(syscalls, "geteuid"):
        return True
    return (
        found.st_mode & 0o170000 == 0o040000
        and found.st_uid == syscalls.geteuid()
        and not found.st_mode & 0o022
    )


def is_own_file(found):
    """Whether to a file with that status, of ours by its name, may be written: a file with another name besides is somebody's, too."""
    own = not hasattr(syscalls, "geteuid") or found.st_uid == syscalls.geteuid()
    return own and (
        found.st_mode & 0o170000 == 0o040000
        or (found.st_mode & 0o170000 == 0o100000 and found.st_nlink == 1)
    )


def is_trusted_directory(found, user):
    """Whether what has that status is a directory in which only `user` and root can rename things: theirs, and closed to others or sticky."""
    is_directory = found.st_mode & 0o170000 == 0o040000
    return (
        is_directory
        and found.st_uid in (0, user)
        and bool(not found.st_mode & 0o022 or found.st_mode & 0o1000)
    )
