"""Check that no other user can replace a directory. Cheap enough for the hot side."""

from usageline.core import syscalls
from usageline.core.ownership import is_trusted_directory


def is_reached_safely(path):
    """Whether no other user can put another directory in place of `path`, of one above it, or of one that does not exist yet."""
    if not hasattr(syscalls, "geteuid"):
        return True
    at = path
    while True:
        try:
            found = syscalls.lstat(at)
            if found.st_mode & 0o170000 in (0o040000, 0o120000) and not is_trusted_directory(
                found, syscalls.geteuid()
            ):
                from usageline.core import path_owners  # noqa: PLC0415 - they are root's and one's own nearly always

                return path_owners.is_reached_safely(path)
        except OSError:
            pass  # it does not exist yet: what it will be made in counts
        if at in ("", "/"):
            return True
        at = at.rpartition("/")[0] or "/"
