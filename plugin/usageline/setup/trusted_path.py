"""Whether only this user or root decides what runs under a path: the file, every link on the way, and all the directories."""

from __future__ import annotations

import os
import stat
import sys

from usageline.system.trust import is_private_group

MAX_LINKS = 40
ADMINISTRATORS = frozenset({0, 80} if sys.platform == "darwin" else {0})
"""Groups whose members can become root: of macOS `admin` as well, to which Homebrew gives its directories."""

MIN_USER_GID = 500
"""Below are groups of the system, all of whose members are listed on this machine."""


def refusal(path: str) -> str:
    """Return why the interpreter at `path` is not run, "" if it may be.

    An interpreter reads `pyvenv.cfg` beside itself and one directory above: there no other user may put a file, sticky bit or not.
    """
    if os.name != "posix":
        return ""
    for _ in range(MAX_LINKS):
        try:
            why = _refusal_of(path)
            target = os.readlink(path) if os.path.islink(path) else ""
        except (OSError, ValueError) as error:
            return str(getattr(error, "strerror", None) or "it is no path")
        if why or not target:
            return why
        path = os.path.join(os.path.dirname(path), target)
    return "too many links"


def _refusal_of(path: str) -> str:
    """Return why that file or link, or a directory on the way to it, is not trusted."""
    folder = os.path.dirname(path)
    strict = {
        folder,
        os.path.dirname(folder),
        os.path.realpath(folder),
        os.path.dirname(os.path.realpath(folder)),
    } - {"/"}
    places = [path, *_ancestors(folder), *_ancestors(os.path.realpath(folder))]
    for place in dict.fromkeys(places):
        why = _writers(os.lstat(place), may_be_sticky=place not in strict)
        if why:
            return f"{place} {why}"
    return ""


def _ancestors(path: str) -> list[str]:
    found = [path]
    while os.path.dirname(path) != path:
        path = os.path.dirname(path)
        found.append(path)
    return found


def _writers(status: os.stat_result, *, may_be_sticky: bool) -> str:
    # Whoever owns / is the administrator, also in a user namespace that has no number for root.
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
    """Return whether nobody but this user and root is in that group: theirs alone, or empty as Debian's `staff` is."""
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
