"""The names of every file and directory that usageline creates, and their removal.

Files with other names are the user's and stay. With XDG_* the directories of cache, state, program
and configuration may coincide, or lie in one another or in a clone.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TypeAlias

from usageline.core import jobs

Names: TypeAlias = "dict[str, Names | None]"
"""Regular expressions of names: None for a file, or the names inside a directory."""

_TEMPORARY = r"\..+\.usageline-new"
_HEX = "[0-9a-f]{16}"
_DIRECTORY_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def _with_leftovers(names: Names) -> Names:
    """Add the names that `directories.set_aside` and killed runs leave."""
    aside: Names = {rf"{name}\.broken": inner for name, inner in names.items()}
    return {**names, **aside, _TEMPORARY: None}


_STORE: Names = {r"cache\.db(-journal|-wal|-shm)?": None}
_LOOKS: Names = _with_leftovers({rf"[a-z]+-({_HEX}|{jobs.LOCAL_KEY})\.(json|stamp)": None})

CACHE_FILES = _with_leftovers(
    {
        r"snapshot\.json": None,
        r"line\.json": None,
        r"line\.stamp": None,
        r"terminal\.json": None,
        r"counters\.json": None,
        r"shared\.json": None,
        r"refresh\.(stamp|lock|holder)": None,
        "told": {_HEX: None},
        "looks": _LOOKS,
        "store": _STORE,
        r"store\.new": _STORE,
    }
)
"""The names in a profile's cache directory."""

PROFILE_NAME = re.compile(rf"default|{_HEX}", re.ASCII)
"""A profile's cache directory, in that of all profiles."""

_ORG_KEY: Names = {
    r"choice\.json": None,
    r"(pace|pause)": None,
    r"names-[a-z]+\.json": None,
    rf"recent-{_HEX}\.json": None,
    rf"pages-{_HEX}\.jsonl": None,
    r"days-[a-z-]+-\d{4}-\d\d\.json": None,
}
_STATE: Names = {
    "org": _with_leftovers({"salt": None, _HEX: _with_leftovers(_ORG_KEY)}),
    "log": {rf"(default|{_HEX})\.log(\.1)?": None},
    "edit": _with_leftovers({r"(config|before)\.toml": None}),
    r"metrics\.json": None,
}
HISTORY: Names = {
    "history": {_HEX: _with_leftovers({r"\d{4}-\d\d\.jsonl": None})},
    "usage": _with_leftovers(
        {r"usage\.(db(\.aside)?(-checked|-journal|-wal|-shm)?|lock)": None, r"alerts\.json": None}
    ),
}
"""The directories of the state directory that cannot be made again, and the names in them."""
STATE_FILES = _with_leftovers({**HISTORY, **_STATE})
"""The names in the state directory, but for the manifests, which each uninstall removes last."""

STATE_WITHOUT_HISTORY = _with_leftovers(_STATE)

RELEASES_FILES: Names = {"gates": _with_leftovers({rf"(local-)?{_HEX}\.json": None})}
"""The names in `releases/`, but for the releases."""

MANIFEST_NAME = re.compile(rf"install-(default|{_HEX})\.json", re.ASCII)
"""A profile's manifest, in the state directory."""

RELEASE_NAME = re.compile(r"\d[\w.+]*-[0-9a-f]{10}", re.ASCII)
"""A release, in `releases/`: everything in it is usageline's."""


def remove(directory: str, names: Names, parent: int | None = None) -> bool:
    """Remove the entries of `directory` with these names, and then its empty subdirectories.

    Returns False if something is left. Follows no link. Raises `OSError` if a removal fails.
    """
    descriptor = os.open(directory, _DIRECTORY_FLAGS, dir_fd=parent)
    try:
        removed = [_remove_entry(descriptor, name, names) for name in os.listdir(descriptor)]
    finally:
        os.close(descriptor)
    return all(removed)


def holds_any(directory: str, names: Names) -> bool:
    """Return whether an entry of `directory` has one of the names."""
    try:
        return any(_match(name, names) for name in os.listdir(directory))
    except OSError:
        return False


def _match(name: str, names: Names) -> str | None:
    return next((pattern for pattern in names if re.fullmatch(pattern, name, re.ASCII)), None)


def _remove_entry(directory: int, name: str, names: Names) -> bool:
    """Remove an entry, unless it is the user's. Return False if something of it is left."""
    pattern = _match(name, names)
    if pattern is None:
        return False
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=directory)
        elif remove(name, names[pattern] or {}, directory):
            os.rmdir(name, dir_fd=directory)
        else:
            return False
    return True
