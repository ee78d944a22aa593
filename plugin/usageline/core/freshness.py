"""When a refresh is due."""

from usageline.core import paths, syscalls

CLOCK_JUMP_S = 60
"""A snapshot published further than this in the future was written under another clock."""


LONGEST_S = 2 * 86400
"""No refresh is put off for longer: a `ttl` is a day at most."""


def file_stamp(path):
    """A file as it is: "<mtime ns>-<size>-<inode>", or "" where there is none."""
    try:
        found = syscalls.stat(path)
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"


def modified_at(path):
    """When the regular file at `path` was changed last (epoch s), or None. The path may be anything; nothing is opened."""
    if not isinstance(path, str) or (path[:1] != "/" and path[1:2] != ":"):
        return None
    try:
        found = syscalls.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime if found.st_mode & 0o170000 == 0o100000 else None


def is_due(snapshot, credentials, now):
    """Whether a refresh should run: there is no snapshot, its time has come or cannot be right, the sign-in changed, or the clock jumped.

    `snapshot` is the parsed file or None, `credentials` what `file_stamp` says now, `now` epoch seconds.
    """
    if not isinstance(snapshot, dict) or snapshot.get("version") != paths.SNAPSHOT_VERSION:
        return True
    due_at, published_at = snapshot.get("next_refresh_at"), snapshot.get("published_at")
    if type(due_at) not in (int, float) or type(published_at) not in (int, float):
        return True
    return (
        not now < due_at < now + LONGEST_S
        or published_at > now + CLOCK_JUMP_S
        or snapshot.get("credentials") != credentials
    )
