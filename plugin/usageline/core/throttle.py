"""Allow an action at most once per interval across all sessions.

Each action has a stamp, an empty file. Its modification time is when a process last acquired it, or
0 if it was released. Its access time is a code of FAILURES after a failure, 0 after a success, and
otherwise when a series of attempts began. Times take no room, so they work on a full disk, too.
"""

from __future__ import annotations

from usageline.core import paths, syscalls
from usageline.core.freshness import stat_of
from usageline.core.ownership import is_own_file, is_private_directory, is_trusted_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

MAX_CLOCK_LAG_S = 12
"""Under load a run may set the stamp so long after it has read the clock."""

MIN_INTERVAL_S = 12
"""Between two starts of a refresh: a little more than a refresh may last."""

BACKOFF_S = 60
"""The same after a failure, which lasts until the user frees the disk."""

FAILING_AFTER_S = 150
"""After this long without a success or a recorded reason, report the refresh as failing.

It is longer than two requests must lie apart.
"""

SERIES_S = 180
"""Attempts that follow each other within this are one series."""

FAILURES = {1: "full", 2: "unwritable", 3: "unlockable"}
"""Why the last run failed, by the stamp's access time in seconds after the epoch."""

_CODES = {failure: code for code, failure in FAILURES.items()}

FAILING = "failing"
"""What `last_failure` returns if no attempt of a series left a reason."""

NO_SPACE = (28, 69, 122)
"""ENOSPC, and EDQUOT of macOS and Linux. The module `errno` would be one more to import."""

# Windows has none of these, nor times that are set by a descriptor.
# Opening a FIFO without O_NONBLOCK would wait for a writer.
_SAFELY = getattr(syscalls, "O_NOFOLLOW", 0) | getattr(syscalls, "O_NONBLOCK", 0)


def acquire_refresh(env: Mapping[str, str], now: float) -> str:
    """Try to claim the next refresh. Return as `acquire` does; LookupError without a home."""
    stamp = paths.stamp(env)
    return acquire(stamp, 2, now, BACKOFF_S if last_failure(stamp, now) else MIN_INTERVAL_S)


def acquire(stamp: str, depth: int, now: float, interval_s: float) -> str:
    """Try to claim the action of `stamp`, once per `interval_s`. Return "" or why it is refused.

    `recent`: another run claimed it within the interval. `unsafe`: one of the `depth` directories
    above the stamp is not this user's alone. `unwritable` or `full`: the stamp cannot be written,
    and without it every run of every session would start a process that can do nothing.
    """
    directory = stamp
    for _ in range(depth):
        directory = directory.rpartition("/")[0]
        if not is_private_directory(directory):
            return "unsafe"
    base = directory.rpartition("/")[0]
    try:
        fd = syscalls.open(stamp, syscalls.O_RDONLY | _SAFELY)
    except FileNotFoundError:
        return create_stamp(stamp) if _is_reached_safely(base) else "unsafe"
    except OSError:  # a link, or a file that this user may not read
        return _replace_stamp(stamp) if _is_reached_safely(base) else "unsafe"
    try:
        stat = syscalls.fstat(fd)
        if not is_own_file(stat):
            return _replace_stamp(stamp) if _is_reached_safely(base) else "unsafe"
        if _is_recent(stat, now, interval_s):
            return "recent"
        if not _is_reached_safely(base):
            return "unsafe"
        return _renew_stamp(stamp, fd, stat, now, interval_s)
    except (OSError, NotImplementedError):
        return "unwritable"
    finally:
        syscalls.close(fd)


def release(stamp: str) -> None:
    """Let the next `acquire` succeed at once, and forget failures. OSError as `_set_times`."""
    _set_times(stamp, lambda _: (0, 0))


def record_failure(stamp: str, failure: str) -> None:
    """Record one of FAILURES. Do nothing if the stamp is missing or read-only."""
    code = _CODES.get(failure)
    if code is not None:
        _try_set_times(stamp, lambda stat: (code * 10**9, stat.st_mtime_ns))


def record_success(stamp: str) -> None:
    """Forget a recorded failure. Do nothing if the stamp is missing or read-only."""
    _try_set_times(
        stamp, lambda stat: (0, stat.st_mtime_ns) if int(stat.st_atime) in FAILURES else None
    )


def last_failure(stamp: str, now: float) -> str:
    """Return why the last runs failed: one of FAILURES, FAILING, or "" if there is no failure."""
    stat = stat_of(stamp)
    if stat is None:
        return ""
    is_failing = (
        stat.st_mtime - FAILING_AFTER_S > stat.st_atime > SERIES_S
        and 0 <= now - stat.st_mtime < SERIES_S
    )
    return FAILURES.get(int(stat.st_atime)) or (FAILING if is_failing else "")


def acquired_at(stamp: str) -> float | None:
    """Return when the stamp was last acquired (epoch s; 0 if released), or None without one."""
    stat = stat_of(stamp)
    return stat.st_mtime if stat else None


def create_stamp(stamp: str) -> str:
    """Create an empty file that is this user's alone. Return "" or why not, as `acquire` does."""
    previous_umask = syscalls.umask(0o077)  # the user's may take rights from the user
    flags = syscalls.O_CREAT | syscalls.O_EXCL | syscalls.O_WRONLY
    try:
        _make_directories(stamp.rpartition("/")[0])
        syscalls.close(syscalls.open(stamp, flags, 0o600))
    except FileExistsError:
        return "recent"
    except OSError as error:
        return "full" if error.errno in NO_SPACE else "unwritable"
    finally:
        syscalls.umask(previous_umask)
    return ""


def _is_reached_safely(path: str) -> bool:
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


def _try_set_times(stamp: str, times: Callable[[os.stat_result], tuple[int, int] | None]) -> None:
    try:
        _set_times(stamp, times)
    except (OSError, NotImplementedError):
        return


def _set_times(stamp: str, times: Callable[[os.stat_result], tuple[int, int] | None]) -> None:
    """Set the access and modification time (ns) that `times` returns; leave them if it is None.

    Raise OSError if the stamp cannot be changed. It is a PermissionError for a link, for another
    user's file, and for a file with another name, whose times these would be.
    """
    fd = syscalls.open(stamp, syscalls.O_RDONLY | _SAFELY)
    try:
        stat = syscalls.fstat(fd)
        if not is_own_file(stat):
            raise PermissionError(1, "not this user's file alone", stamp)
        new_times = times(stat)
        if new_times is not None:
            syscalls.utime(fd if _SAFELY else stamp, ns=new_times)
    finally:
        syscalls.close(fd)


def _is_recent(stat: os.stat_result, now: float, interval_s: float) -> bool:
    """Return whether a stamp was set less than `interval_s` before `now`, or shortly after it."""
    if int(stat.st_atime) in FAILURES:
        interval_s = max(interval_s, BACKOFF_S)
    return interval_s > 0 and -MAX_CLOCK_LAG_S < now - stat.st_mtime < interval_s


def _renew_stamp(stamp: str, fd: int, stat: os.stat_result, now: float, interval_s: float) -> str:
    """Set the time of an old stamp, open as `fd`, unless another run did since its `stat`."""
    lock = _lock(stamp)
    if lock is None:
        return "recent"
    try:
        # Several runs may find the stamp old at once: the lock lets one through at a time.
        if lock >= 0 and _is_recent(syscalls.fstat(lock), now, interval_s):
            return "recent"
        continues = int(stat.st_atime) in FAILURES or (
            stat.st_atime > SERIES_S and 0 <= now - stat.st_mtime < SERIES_S
        )
        # By the descriptor: another file may have taken the name meanwhile.
        syscalls.utime(fd if _SAFELY else stamp, (stat.st_atime if continues else now, now))
    finally:
        if lock >= 0:
            syscalls.close(lock)
    return ""


def _lock(stamp: str) -> int | None:
    """Return a descriptor that holds the stamp's lock until it is closed.

    None if another run holds it, -1 if there are no locks.
    """
    try:
        fd = syscalls.open(stamp, syscalls.O_RDWR | _SAFELY)
    except OSError:
        return -1
    try:
        syscalls.lockf(fd, syscalls.F_TLOCK, 0)
    # Windows has no such function, some file systems have no locks.
    except (AttributeError, OSError) as error:
        syscalls.close(fd)
        return None if isinstance(error, (BlockingIOError, PermissionError)) else -1
    return fd


def _replace_stamp(stamp: str) -> str:
    """Replace a file that is not this user's alone with an empty one. A directory stays."""
    try:
        syscalls.unlink(stamp)
    except FileNotFoundError:
        return "recent"  # another run is replacing it
    except OSError:
        return "unwritable"
    return create_stamp(stamp)


def _make_directories(path: str) -> None:
    try:
        syscalls.stat(path)
    except FileNotFoundError:
        parent, slash, _ = path.rpartition("/")
        if not slash:
            raise  # a relative path lies below any directory, a project for one
        if parent:
            _make_directories(parent)
        try:
            syscalls.mkdir(path, 0o700)
        except FileExistsError:
            return
