"""Find programs, and decide whether only this user or root can have written them."""

from __future__ import annotations

import os
import stat
import sys
from functools import lru_cache

from usageline.core import path_owners
from usageline.system.origin import search_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


LOOKUP_TIMEOUT_S = 1.0
"""A group database on the network may not answer; then no group counts as private."""

MAX_LINKS = 40
ADMINISTRATORS = frozenset({0, 80} if sys.platform == "darwin" else {0})
"""Groups whose members can become root: on macOS also `admin`, Homebrew's group."""

MIN_USER_GID = 500
"""Lower numbers are system groups, whose members are all listed on this machine."""


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
        return str(getattr(error, "strerror", None) or "it is not a path")
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
    import threading  # noqa: PLC0415 - few groups can write

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

        return path_owners.is_private_group(gid, pwd.getpwuid(os.geteuid()))
    except (ImportError, KeyError, OSError):
        return False


def find_executable(name: str, paths: Iterable[str], env: Mapping[str, str]) -> str | None:
    """Return the first trusted one of `paths`, else the first trusted `name` on the PATH.

    That is the PATH recorded at the install. A project's settings can change the one of `env`,
    and the files in a project belong to this user, too.
    """
    return next(filter(is_trusted, _candidates(name, paths, env)), None)


def missing_reason(name: str, paths: Iterable[str], env: Mapping[str, str]) -> str:
    """Return why `find_executable` returned None: not found, or found and not trusted."""
    path = next(filter(os.path.lexists, _candidates(name, paths, env)), None)
    return (
        f"{name} was not found"
        if path is None
        else f"{name} was found at {path} and is not run: {untrusted_reason(path)}"
    )


def _candidates(name: str, paths: Iterable[str], env: Mapping[str, str]) -> Iterator[str]:
    yield from paths
    yield from (
        os.path.join(directory, name)
        for directory in search_path(env).split(os.pathsep)
        if os.path.isabs(directory)
    )


def untrusted_interpreter_reason(path: str) -> str:
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
