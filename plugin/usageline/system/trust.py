"""Decide whether only this user or root can have written a program."""

from __future__ import annotations

import os
import stat
import threading
from functools import lru_cache

from usageline.core import path_owners

LOOKUP_TIMEOUT_S = 1.0
"""A group database on the network may not answer; then no group counts as private."""


def is_trusted(path: str) -> bool:
    """Return whether the program at `path` may be run."""
    return not untrusted_reason(path)


def untrusted_reason(path: str) -> str:
    """Return why the program at `path` may not be run, "" if it may.

    It may if it and its directory belong to this user or root, and no other user can write to
    them. A group without other members, as with `umask 002`, counts as the user.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    try:
        program, directory = os.stat(real), os.stat(folder)
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or "it is no path")
    if not stat.S_ISREG(program.st_mode):
        return "it is not a file"
    if os.name != "posix":
        return ""
    for checked, status in ((real, program), (folder, directory)):
        reason = _writable_by(status)
        if reason:
            return f"{checked} {reason}"
    return "" if os.access(real, os.X_OK) else "it is not executable"


def is_private_group(gid: int) -> bool:
    """Return whether this user is the only member of that group, which is their primary group."""
    answers: list[bool] = []
    lookup = threading.Thread(target=lambda: answers.append(_is_private(gid)), daemon=True)
    try:
        lookup.start()
    except RuntimeError:  # the system starts no more threads (ulimit -u): trust no group
        return False
    lookup.join(LOOKUP_TIMEOUT_S)
    return bool(answers and answers[0])


def _writable_by(status: os.stat_result) -> str:
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
        import pwd  # noqa: PLC0415 - Windows has none

        return bool(path_owners.is_private_group(gid, pwd.getpwuid(os.geteuid())))
    except (ImportError, KeyError, OSError):
        return False
