"""Check the cache and the history: safe, writable, lockable, with room, and kept up to date."""

from __future__ import annotations

import os
import stat

from usageline.cli.doctor.context import Context, Result, ok, problem, warning
from usageline.cli.doctor.service import certificate_advice
from usageline.cli.formatting import span
from usageline.core import freshness, path_owners, throttle
from usageline.core.errors import LockUnsupported
from usageline.core.vocabulary import CLOCK, OWN_SIGN_IN, REASONS
from usageline.refresh.lock_owner import current_owner
from usageline.system.files import FAILURE_TEXTS, is_own
from usageline.system.lock import hold
from usageline.system.trust import is_private_group
from usageline.usage.values import whole_detail

MAX_REFRESH_S = 15
"""A refresh ends within 10 s; after this long without a new snapshot it has failed."""

MIN_FREE_BYTES = 128 << 10
"""The cache and its replacements need less."""

DISK_ADVICE = {
    "full": "free some space on its disk, or of your quota; refreshes then resume automatically",
    "unwritable": "make it writable for you; refreshes then resume automatically",
    "unlockable": "put the cache on a local disk: set XDG_CACHE_HOME",
    throttle.FAILING: "run usageline refresh, which prints the reason",
}


def directory(context: Context) -> Result | None:
    """Check that the cache directory is private and writable.

    The rules are those of `system/directories.py`, but this creates nothing.
    """
    path = context.paths.cache_dir
    for folder in (os.path.dirname(path), path):
        name = context.short(folder)
        try:
            status = os.lstat(folder)
        except FileNotFoundError:
            if _can_be_created(folder):
                return None
            return problem(f"{name} cannot be created", "make its parent directory writable")
        except OSError as error:
            return _unusable(name, error)
        if not stat.S_ISDIR(status.st_mode):
            return problem(f"{name} is not a directory", "remove it")
        if not is_own(status):
            return problem(f"{name} belongs to another user", "remove it")
        if os.name == "posix" and status.st_mode & 0o022:
            is_alone = not status.st_mode & 0o002 and is_private_group(status.st_gid)
            return problem(
                f"{name} can be written by others", f"chmod 700 {name}" if is_alone else "remove it"
            )
        # The mode counts too: root may write in a directory that its owner may not write in.
        if not status.st_mode & stat.S_IWUSR or not os.access(folder, os.W_OK):
            return problem(f"{name} cannot be written", f"chmod 700 {name}")
    return _unsafe_parent(context, path) or ok(f"{context.short(path)} is private")


def _unsafe_parent(context: Context, path: str) -> Result | None:
    """Return a problem if another user can change the directories above."""
    try:
        if os.name == "posix":
            os.close(path_owners.opened(os.path.dirname(os.path.dirname(path))))
    except path_owners.Unsafe as unsafe:
        name = context.short(str(unsafe.filename))
        return problem(
            f"{context.short(path)} is not safe: {name}: {unsafe.strerror}",
            "set XDG_CACHE_HOME to a directory of yours",
        )
    except OSError as error:
        return _unusable(context.short(path), error)
    return None


def _unusable(name: str, error: OSError) -> Result:
    return problem(f"{name} cannot be used: {error.strerror}", "make it a directory of yours")


def _can_be_created(path: str) -> bool:
    above = _nearest(path)
    return os.path.isdir(above) and os.access(above, os.W_OK)


def _nearest(path: str) -> str:
    """Return the path, or the nearest directory above it that exists."""
    while path != "/" and not os.path.lexists(path):
        path = os.path.dirname(path)
    return path


def lock(context: Context) -> Result | None:
    """Check that the file system supports locks, which each refresh needs."""
    if not os.path.isfile(context.paths.lock):
        return None
    try:
        with hold(context.paths.lock) as is_free:
            owner = None if is_free else current_owner(context.paths)
            if owner is not None and owner.hangs:
                return warning(
                    f"a refresh hangs: it has held the lock for {span(owner.held_s)}",
                    "no action needed: the next refresh kills it",
                )
            state = "free" if is_free else "held: one is running"
            return ok(f"the refresh lock is {state}")
    except LockUnsupported as error:
        return problem(f"refreshes cannot run: {error}", DISK_ADVICE["unlockable"])


def space(context: Context) -> Result | None:
    """Check that the disks of cache and history are writable and have room."""
    if not hasattr(os, "statvfs"):
        return None
    folders = {
        "the cache": context.paths.cache_dir,
        "the history": context.paths.state_dir,
    }
    for what, path in folders.items():
        name, file_system = context.short(path), _file_system(path)
        if file_system is None:
            continue
        if file_system.f_flag & os.ST_RDONLY:
            return problem(
                f"{what}, {name}, is on a read-only file system",
                "make it writable; until then the last numbers are shown with their age",
            )
        # Some file systems do not count files: both numbers are 0.
        has_files = file_system.f_favail or not file_system.f_files
        if file_system.f_bavail * file_system.f_frsize < MIN_FREE_BYTES or not has_files:
            return problem(f"the disk of {what}, {name}, is full", DISK_ADVICE["full"])
    return ok("there is room for the cache and the history")


def _file_system(path: str) -> os.statvfs_result | None:
    try:
        return os.statvfs(_nearest(path))
    except OSError:
        return None


def refresh_failures(context: Context) -> Result | None:
    """Check that recent refreshes recorded no failure."""
    if not context.is_due:
        return None
    reason = throttle.last_failure(context.paths.stamp, context.now)
    if not reason:
        return None
    words = FAILURE_TEXTS.get(reason, "no reason was recorded")
    return problem(
        f"recent refreshes failed: {words} ({context.short(context.paths.cache_dir)})",
        DISK_ADVICE[reason],
    )


def snapshot(context: Context) -> Result:
    """Check that there are numbers, and report their age."""
    snapshot = context.snapshot
    if snapshot is None:
        if os.path.lexists(context.paths.snapshot):
            return problem("the snapshot cannot be read", "run usageline refresh --force")
        return warning("there are no numbers yet", "run usageline refresh")
    if snapshot.get("credentials") != freshness.file_fingerprint(context.paths.claude_credentials):
        return warning(
            "the numbers belong to an earlier sign-in and are not shown",
            "no action needed: the next status line starts a refresh",
        )
    status, detail = str(snapshot.get("status")), whole_detail(snapshot)
    age = _age(snapshot.get("observed_at"), context.now)
    if status == "ok" and detail.startswith(CLOCK):
        return warning(
            f"the numbers are good ({age}), but {detail.partition(';')[0]}", "set the clock"
        )
    if status == "ok":
        return ok(f"the numbers are good ({age})")
    if detail == OWN_SIGN_IN:
        return warning(
            f"only each session's own numbers are shown ({age})", "see the check of the sign-in"
        )
    reason = REASONS.get(status, status) + (f" ({detail})" if detail else "")
    failure = f"the last refresh failed: {reason} ({age})"
    if status == "offline":
        return warning(
            failure,
            certificate_advice(detail) or "check your network; usageline retries automatically",
        )
    if status == "rate-limited":
        return warning(failure, "wait; usageline retries automatically")
    return problem(
        failure, "fix the other problems listed here, then run usageline refresh --force"
    )


def _age(observed_at: object, now: float) -> str:
    if not isinstance(observed_at, int | float):
        return "no data so far"
    if observed_at > now + freshness.CLOCK_JUMP_S:
        return "data from another clock"
    return f"data is {span(now - observed_at)} old"


def refresh_due(context: Context) -> Result | None:
    """Check that a due refresh was started and ended with a new snapshot."""
    if context.snapshot is None:
        return None
    due_at = context.snapshot.get("next_refresh_at", 0)
    if not context.is_due:
        return ok(f"the next refresh is due in {span(due_at - context.now)}")
    started_at = throttle.acquired_at(context.paths.stamp)
    started_s = None if started_at is None else context.now - started_at
    if started_s is not None and 0 <= started_s < throttle.MIN_INTERVAL_S:
        return ok("a refresh is due and has just started")
    if started_s is not None and MAX_REFRESH_S < started_s < context.now - due_at:
        return problem(
            f"a due refresh started {span(started_s)} ago and left no new snapshot",
            "run usageline refresh, which prints the reason",
        )
    return ok("a refresh is due: the next status line starts it")
