"""Whether only this user or root can have written a program, and why not."""

from __future__ import annotations

import os
import stat
import threading
from functools import lru_cache

LOOKUP_TIMEOUT_S = 1.0
"""A group database on the network may not answer; then no group counts as private."""

USERS = "/etc/passwd"
MAX_USERS_BYTES = 4 << 20


def refusal(path: str) -> str:
    """Return why the program at `path` is not run, "" if it may be.

    It is run if it and its directory belong to this user or root, and no other user can write to them.
    A group in which nobody else is, as `umask 002` has it, is no other user.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    try:
        program, directory = os.stat(real), os.stat(folder)
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or "it is no path")
    if not stat.S_ISREG(program.st_mode):
        return "it is no file"
    if os.name != "posix":
        return ""
    for place, status in ((real, program), (folder, directory)):
        why = _writers(status)
        if why:
            return f"{place} {why}"
    return "" if os.access(real, os.X_OK) else "it is not executable"


def is_private_group(gid: int) -> bool:
    """Return whether nobody but this user is in that group: it is their primary group, and no one else's."""
    answers: list[bool] = []
    lookup = threading.Thread(target=lambda: answers.append(_is_private(gid)), daemon=True)
    try:
        lookup.start()
    except RuntimeError:  # no thread may be started (ulimit -u): what is not known is not trusted
        return False
    lookup.join(LOOKUP_TIMEOUT_S)
    return bool(answers and answers[0])


def _writers(status: os.stat_result) -> str:
    if status.st_uid not in {0, os.geteuid()}:
        return f"belongs to another user ({status.st_uid})"
    if status.st_mode & stat.S_IWOTH:
        return "can be written by every user: chmod o-w it"
    if status.st_mode & stat.S_IWGRP and not is_private_group(status.st_gid):
        return f"can be written by others in its group ({status.st_gid}): chmod g-w it"
    return ""


@lru_cache
def _is_private(gid: int) -> bool:
    try:
        import grp  # noqa: PLC0415 - Windows has none
        import pwd  # noqa: PLC0415 - as above

        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except (ImportError, KeyError, OSError):
        return False
    if user.pw_gid != gid or not set(group.gr_mem) <= {user.pw_name}:
        return False
    # A database on the network may not list its users: a group that is named after its user is theirs
    # by convention, another one only if the users of this machine are all there are in it.
    local = _local_users(gid)
    if local is None:
        return group.gr_name == user.pw_name
    if group.gr_name != user.pw_name:
        return local == {user.pw_name}
    return local <= {user.pw_name}


def _local_users(gid: int) -> set[str] | None:
    """Return the users of this machine whose primary group it is, None if that cannot be read."""
    try:
        with open(USERS, "rb") as file:
            rows = [line.split(b":") for line in file.read(MAX_USERS_BYTES).splitlines()]
    except OSError:
        return None
    return {os.fsdecode(row[0]) for row in rows if len(row) > 3 and row[3] == b"%d" % gid}
