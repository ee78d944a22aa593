"""The cache: safe, writable, lockable, and with a snapshot that is renewed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.cli.formatting import span
from usageline.core import freshness, path_owners, paths, throttle
from usageline.core.errors import LockUnsupported
from usageline.core.status_text import CLOCK, REASONS
from usageline.refresh.lock_owner import current_owner
from usageline.system.lock import hold
from usageline.system.trust import is_private_group
from usageline.usage.values import text

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context

STUCK_S = 15
"""A refresh is over within 10 s, however it ends."""


def directory(context: Context) -> Result | None:
    """It is ours alone and can be written. The rules are those of `system/directories.py`, which makes it; here nothing is made."""
    path: str = paths.cache_dir(context.env)
    for place in (os.path.dirname(path), path):
        name = context.short(place)
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            return (
                None
                if _can_be_made(place)
                else problem(f"{name} cannot be made", "see that its directory is there and yours")
            )
        except OSError as error:
            return problem(
                f"{name} cannot be used: {error.strerror}", "see that it is a directory of yours"
            )
        if not stat.S_ISDIR(found.st_mode):
            return problem(f"{name} is no directory", "remove it")
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            return problem(f"{name} belongs to another user", "remove it")
        if os.name == "posix" and found.st_mode & 0o022:
            alone = not found.st_mode & 0o002 and is_private_group(found.st_gid)
            return problem(
                f"{name} can be written by others", f"chmod 700 {name}" if alone else "remove it"
            )
        # The mode is asked, too: root may write where the owner may not.
        if not found.st_mode & stat.S_IWUSR or not os.access(place, os.W_OK):
            return problem(f"{name} cannot be written", f"chmod 700 {name}")
    return _unsafe(context, path) or ok(f"{context.short(path)} is yours alone")


def _unsafe(context: Context, path: str) -> Result | None:
    """What is wrong with the directories above."""
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
        return problem(
            f"{context.short(path)} cannot be used: {error.strerror}",
            "see that it is a directory of yours",
        )
    return None


def lock(context: Context) -> Result | None:
    """The file system has locks, without which there is no refresh."""
    if not os.path.isfile(paths.lock(context.env)):
        return None
    try:
        with hold(paths.lock(context.env)) as free:
            found = None if free else current_owner(context.env)
            if found is not None and found.hangs:
                return warning(
                    f"a refresh has held the lock for {span(found.held_s)}: it hangs",
                    "nothing: the next refresh ends it",
                )
            return ok(
                "the refresh lock is free"
                if free
                else "the refresh lock is held: a refresh is under way"
            )
    except LockUnsupported as fault:
        return problem(
            f"there can be no refresh: {fault}", "put the cache on a local disk: XDG_CACHE_HOME"
        )


def snapshot(context: Context) -> Result:
    """There are numbers, and how old they are."""
    found = context.snapshot
    if found is None:
        if os.path.lexists(paths.snapshot(context.env)):
            return problem("the snapshot cannot be read", "run usageline refresh --force")
        return warning("there are no numbers yet", "run usageline refresh")
    if found.get("credentials") != freshness.file_stamp(paths.claude_credentials(context.env)):
        return warning(
            "the numbers are of an earlier sign-in, and not shown",
            "nothing: the next line starts a refresh",
        )
    status, detail = str(found.get("status")), text(found.get("detail"))
    observed_at = found.get("observed_at")
    age = (
        f"seen {span(context.now - observed_at)} ago"
        if isinstance(observed_at, int | float)
        else "none seen so far"
    )
    if isinstance(observed_at, int | float) and observed_at > context.now + freshness.CLOCK_JUMP_S:
        age = "seen under another clock"
    if status == "ok" and (detail or "").startswith(CLOCK):
        return warning(
            f"the numbers are good, {age}, but {(detail or '').partition(';')[0]}", "set the clock"
        )
    if status == "ok":
        return ok(f"the numbers are good, {age}")
    said = REASONS.get(status, status) + (f" ({detail})" if detail else "")
    if status == "offline":
        return warning(
            f"the newest try for numbers failed: {said}; {age}",
            "see whether the network is up; it is tried again by itself",
        )
    if status == "rate-limited":
        return warning(
            f"the newest try for numbers failed: {said}; {age}", "wait; it is tried again by itself"
        )
    return problem(
        f"the newest try for numbers failed: {said}; {age}",
        "see the other lines here; then run usageline refresh --force",
    )


def renewed(context: Context) -> Result | None:
    """A refresh that was due and was started has ended with a new snapshot."""
    if context.snapshot is None or not context.is_due:
        due_at = (context.snapshot or {}).get("next_refresh_at", 0)
        return (
            ok(f"the next refresh is due in {span(due_at - context.now)}")
            if context.snapshot
            else None
        )
    started_at = throttle.acquired_at(paths.stamp(context.env))
    started_s = None if started_at is None else context.now - started_at
    due_s = context.now - context.snapshot.get("next_refresh_at", 0)
    if started_s is not None and 0 <= started_s < throttle.MIN_INTERVAL_S:
        return ok("a refresh is due and was just started")
    if started_s is not None and STUCK_S < started_s < due_s:
        return problem(
            f"a refresh was due and started {span(started_s)} ago, and gave nothing",
            "run usageline refresh, which says why",
        )
    return ok("a refresh is due; the next line starts it")


def _can_be_made(path: str) -> bool:
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK)
