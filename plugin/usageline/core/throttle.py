"""Allow an action at most once per interval across all sessions, by the times of an empty stamp file."""

from usageline.core import paths, syscalls
from usageline.core.ownership import is_own_file, is_private_directory
from usageline.core.reach import is_reached_safely

EARLY_S = 12
"""A run may have read the clock so long before another run set the stamp: under load it waits for a processor in between."""


MIN_INTERVAL_S = 12
"""For so long after one run started a refresh no other run starts one: a little more than a refresh may last."""


BACKOFF_S = 60
"""The same where the last one came to nothing, and the next will as well, until somebody frees the disk."""


FAILING_AFTER_S = 150
"""A series of tries that lasts so long without a success, and without a word of why, is in vain. Longer than two requests must lie apart."""


SERIES_S = 180
"""Claims that follow each other within this are one series."""


FAILURES = {1: "full", 2: "unwritable", 3: "unlockable"}
"""Why what a stamp stands for came to nothing, by the access time that the cold side gives the stamp: 1 second after the epoch, 2, 3.

Otherwise that is when the series of claims began, or 0 after a success.
"""


NO_SPACE = (28, 69, 122)
"""ENOSPC, and EDQUOT as macOS and Linux number it; the module with the names is one more to import."""


# Windows has none of these, nor times that are set by a descriptor. A FIFO is opened without waiting for a writer.
SAFELY = getattr(syscalls, "O_NOFOLLOW", 0) | getattr(syscalls, "O_NONBLOCK", 0)


def acquire_refresh(env, now):
    """Take the right to start a refresh: "" when it is ours, else a word why not.

    The word is `recent` where another run has it, `unsafe` where the cache directory is not this user's alone, `unwritable` or `full` where it
    cannot be written: without the stamp every run of every session would start a process that can do nothing.
    """
    stamp = paths.stamp(env)
    return acquire(stamp, 2, now, BACKOFF_S if last_failure(stamp, now) else MIN_INTERVAL_S)


def last_failure(stamp, now):
    """Why what was started last by that stamp came to nothing: one of HINDRANCES, `vain` where no try left a word, "" where nothing is known."""
    try:
        found = syscalls.stat(stamp)
    except OSError:
        return ""
    in_vain = (
        found.st_mtime - FAILING_AFTER_S > found.st_atime > SERIES_S
        and 0 <= now - found.st_mtime < SERIES_S
    )
    return FAILURES.get(int(found.st_atime)) or ("vain" if in_vain else "")


def acquire(stamp, depth, now, every_s):
    """Take the right to what the file `stamp` stands for, once in `every_s`: "" or a word, as `claim`. `depth` directories above it are ours."""
    directory = stamp
    for _ in range(depth):
        directory = directory.rpartition("/")[0]
        if not is_private_directory(directory):
            return "unsafe"
    base = directory.rpartition("/")[0]
    try:
        fd = syscalls.open(stamp, syscalls.O_RDONLY | SAFELY)
    except FileNotFoundError:
        return _create_stamp(stamp) if is_reached_safely(base) else "unsafe"
    except OSError:  # a link, or a file that this user may not read
        return _replace_stamp(stamp) if is_reached_safely(base) else "unsafe"
    try:
        found = syscalls.fstat(fd)
        if not is_own_file(found):
            return _replace_stamp(stamp) if is_reached_safely(base) else "unsafe"
        if _is_recent(found, now, every_s):
            return "recent"
        if not is_reached_safely(base):
            return "unsafe"
        return _renew_stamp(stamp, fd, found, now, every_s)
    except (OSError, NotImplementedError):
        return "unwritable"
    finally:
        syscalls.close(fd)


def _replace_stamp(stamp):
    """Put a file of our own in place of what must not be touched. A directory stays."""
    try:
        syscalls.unlink(stamp)
    except FileNotFoundError:
        return "recent"  # another run is at it
    except OSError:
        return "unwritable"
    return _create_stamp(stamp)


def _create_stamp(stamp):
    before = syscalls.umask(0o077)  # one that takes from the user would leave what nobody can use
    try:
        _make_directories(stamp.rpartition("/")[0])
        create_empty(stamp)
    except FileExistsError:
        return "recent"
    except OSError as error:
        return "full" if error.errno in NO_SPACE else "unwritable"
    finally:
        syscalls.umask(before)
    return ""


def create_empty(path):
    """Make an empty file. FileExistsError where there is anything: of a crowd, one makes it. OSError as well where it cannot be made."""
    syscalls.close(
        syscalls.open(path, syscalls.O_CREAT | syscalls.O_EXCL | syscalls.O_WRONLY, 0o600)
    )


def _make_directories(path):
    try:
        syscalls.stat(path)
    except FileNotFoundError:
        above, slash, _ = path.rpartition("/")
        if not slash:
            raise  # below whatever directory this is, a project for one
        if above:
            _make_directories(above)
        try:
            syscalls.mkdir(path, 0o700)
        except FileExistsError:
            return


def _is_recent(found, now, every_s):
    """Return whether the stamp with status `found` was set less than `every_s` before `now`, or shortly after it."""
    if int(found.st_atime) in FAILURES:
        every_s = max(every_s, BACKOFF_S)
    return every_s > 0 and -EARLY_S < now - found.st_mtime < every_s


def _renew_stamp(stamp, fd, found, now, every_s):
    """Set the time of an old stamp, open as `fd`, unless another run has done so since its status was `found`."""
    lock = _lock(stamp)
    if lock is None:
        return "recent"
    try:
        # Of runs that find the stamp old at once, the lock lets one through at a time.
        if lock >= 0 and _is_recent(syscalls.fstat(lock), now, every_s):
            return "recent"
        goes_on = int(found.st_atime) in FAILURES or (
            found.st_atime > SERIES_S and 0 <= now - found.st_mtime < SERIES_S
        )
        # By the descriptor: another file may have taken the name meanwhile.
        syscalls.utime(fd if SAFELY else stamp, (found.st_atime if goes_on else now, now))
    finally:
        if lock >= 0:
            syscalls.close(lock)
    return ""


def _lock(stamp):
    """Return a descriptor that holds the lock of a claim until it is closed, None if another run holds it, -1 if there are no locks."""
    try:
        fd = syscalls.open(stamp, syscalls.O_RDWR | SAFELY)
    except OSError:
        return -1
    try:
        syscalls.lockf(fd, syscalls.F_TLOCK, 0)
    except (
        AttributeError,
        OSError,
    ) as error:  # Windows has no such function, some file systems have no locks
        syscalls.close(fd)
        return None if isinstance(error, (BlockingIOError, PermissionError)) else -1
    return fd
