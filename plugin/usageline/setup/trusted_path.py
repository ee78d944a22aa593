"""Check that no other user can change what runs at a path: the file, its links and directories."""

from __future__ import annotations

import os
import stat
import sys

from usageline.system.trust import is_private_group

MAX_LINKS = 40
ADMINISTRATORS = frozenset({0, 80} if sys.platform == "darwin" else {0})
"""Groups whose members can become root: on macOS also `admin`, Homebrew's group."""

MIN_USER_GID = 500
"""Lower numbers are system groups, whose members are all listed on this machine."""


def untrusted_reason(path: str) -> str:
    """Return why the interpreter at `path` must not be run, or "" if it may be.

    An interpreter reads `pyvenv.cfg` in its own directory and the one above. No other user may
    create a file in these two, so a sticky bit does not suffice there.
    """
    if os.name != "posix":
        return ""
    for _ in range(MAX_LINKS):
        try:
            reason = _check_path(path)
            target = os.readlink(path) if os.path.islink(path) else ""
        except (OSError, ValueError) as error:
            return str(getattr(error, "strerror", None) or "it is not a path")
        if reason or not target:
            return reason
        path = os.path.join(os.path.dirname(path), target)
    return "too many links"


def _check_path(path: str) -> str:
    """Return why that file or link, or a directory above it, is not trusted."""
    folder = os.path.dirname(path)
    strict = {
        folder,
        os.path.dirname(folder),
        os.path.realpath(folder),
        os.path.dirname(os.path.realpath(folder)),
    } - {"/"}
    places = [path, *_ancestors(folder), *_ancestors(os.path.realpath(folder))]
    for place in dict.fromkeys(places):
        reason = _writers(os.lstat(place), may_be_sticky=place not in strict)
        if reason:
            return f"{place} {reason}"
    return ""


def _ancestors(path: str) -> list[str]:
    result = [path]
    while os.path.dirname(path) != path:
        path = os.path.dirname(path)
        result.append(path)
    return result


def _writers(status: os.stat_result, *, may_be_sticky: bool) -> str:
    # The owner of / is the administrator, even in a user namespace that does not map root.
    if status.st_uid not in {0, os.geteuid(), os.stat("/").st_uid}:
        return f"belongs to another user ({status.st_uid})"
    if stat.S_ISLNK(status.st_mode) or (
        may_be_sticky and stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    ):
        return ""
    if status.st_mode & stat.S_IWOTH:
        return "can be written by every user"
    if (
        status.st_mode & stat.S_IWGRP
        and status.st_gid not in ADMINISTRATORS
        and not _has_no_other_member(status.st_gid)
    ):
        return f"can be written by others in its group ({status.st_gid})"
    return ""


def _has_no_other_member(gid: int) -> bool:
    """Return whether that group has no other members: private, or empty like Debian's `staff`."""
    if is_private_group(gid):
        return True
    try:
        import grp  # noqa: PLC0415 - Windows has none
        import pwd  # noqa: PLC0415 - as above

        own = {"root", pwd.getpwuid(os.geteuid()).pw_name}
        primary = {user.pw_name for user in pwd.getpwall() if user.pw_gid == gid}
        return gid < MIN_USER_GID and {*grp.getgrgid(gid).gr_mem, *primary} <= own
    except (ImportError, KeyError, OSError):
        return False
