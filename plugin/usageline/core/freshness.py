"""Decide when a refresh is due."""

from __future__ import annotations

from usageline.core import paths, syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

CLOCK_JUMP_S = 60
"""A snapshot published further than this in the future was written under another clock."""

MAX_DELAY_S = 2 * 86400
"""No refresh is due later: a `ttl` is a day at most."""


def stat_of(path: str) -> os.stat_result | None:
    """Return the status of what a path names, or None if that is missing or out of reach."""
    try:
        return syscalls.stat(path)
    except (OSError, ValueError):
        return None


def file_fingerprint(path: str) -> str:
    """Return a file's fingerprint "<mtime ns>-<size>-<inode>", or "" if there is no file."""
    stat = stat_of(path)
    return f"{stat.st_mtime_ns}-{stat.st_size}-{stat.st_ino}" if stat else ""


def modified_at(path: object) -> float | None:
    """Return when a regular file last changed (epoch s), or None.

    `path` is untrusted, so nothing is opened.
    """
    if not isinstance(path, str) or (path[:1] != "/" and path[1:2] != ":"):
        return None
    stat = stat_of(path)
    return stat.st_mtime if stat and stat.st_mode & 0o170000 == 0o100000 else None


def is_stale(snapshot: dict[str, Any] | None, credentials: str, now: float) -> bool:
    """Return whether a refresh should run.

    It should if there is no snapshot, its time has come or is impossible, the sign-in changed, or
    the clock jumped. `credentials` is the fingerprint of the credentials file, `now` epoch seconds.
    """
    if not isinstance(snapshot, dict) or snapshot.get("version") != paths.SNAPSHOT_VERSION:
        return True
    due_at: Any = snapshot.get("next_refresh_at")
    published_at: Any = snapshot.get("published_at")
    if type(due_at) not in (int, float) or type(published_at) not in (int, float):
        return True
    return (
        not now < due_at < now + MAX_DELAY_S
        or published_at > now + CLOCK_JUMP_S
        or snapshot.get("credentials") != credentials
    )
