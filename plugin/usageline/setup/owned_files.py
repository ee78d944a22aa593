"""The names of every file and directory that usageline makes, and their removal: what has another name is the user's and stays.

The directories of cache, state, program and configuration may be one, or lie in one another, or in a clone: XDG_* say so.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TypeAlias

Names: TypeAlias = "dict[str, Names | None]"
"""Patterns of names: None for a file, or the names in a directory."""

_TEMPORARY = r"\..+\.usageline-new"
_HEX = "[0-9a-f]{16}"


def _kept(names: Names) -> Names:
    """The names, what `cache.set_aside` makes of each, and the temporary files of killed runs."""
    aside: Names = {rf"{name}\.broken": inner for name, inner in names.items()}
    return {**names, **aside, _TEMPORARY: None}


_STORE: Names = {r"cache\.db(-journal|-wal|-shm)?": None}
_LOOKS: Names = _kept({rf"[a-z]+-{_HEX}\.(json|stamp)": None})

CACHE = _kept(
    {
        r"snapshot\.json": None,
        r"line\.json": None,
        r"line\.stamp": None,
        r"terminal\.json": None,
        r"refresh\.(stamp|lock|holder)": None,
        "told": {_HEX: None},
        "looks": _LOOKS,
        "store": _STORE,
        r"store\.new": _STORE,
    }
)
"""In a profile's cache directory."""

STATE = _kept(
    {
        "history": {_HEX: _kept({r"\d{4}-\d\d\.jsonl": None})},
        "log": {rf"(default|{_HEX})\.log(\.1)?": None},
        "edit": _kept({r"(config|before)\.toml": None}),
    }
)
"""In the state directory, besides the install records: those go last, each by its profile's uninstall."""

RELEASES: Names = {"gates": _kept({rf"(local-)?{_HEX}\.json": None})}
"""In `releases/`, besides the releases."""

INSTALL_RECORD = re.compile(rf"install-(default|{_HEX})\.json", re.ASCII)
"""In the state directory: a profile's record."""

RELEASE = re.compile(r"\d[\w.+]*-[0-9a-f]{10}", re.ASCII)
"""Of a directory in `releases/`, all of which is ours."""


def remove(directory: str, names: Names) -> bool:
    """Remove what in `directory` has one of the names, and the directories among them that are empty then. False if something is left.

    No link is followed. What cannot be removed is an OSError.
    """
    descriptor = os.open(
        directory, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
    )
    try:
        return _remove(descriptor, names)
    finally:
        os.close(descriptor)


def holds_any(directory: str, names: Names) -> bool:
    """Whether something in `directory` has one of the names."""
    try:
        return any(_match(name, names) for name in os.listdir(directory))
    except OSError:
        return False


def _match(name: str, names: Names) -> str | None:
    return next((pattern for pattern in names if re.fullmatch(pattern, name, re.ASCII)), None)


def _remove(directory: int, names: Names) -> bool:
    clean = True
    for name in os.listdir(directory):
        pattern = _match(name, names)
        if pattern is None:
            clean = False
            continue
        inner = names[pattern]
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=directory)
            else:
                clean = _remove_directory(directory, name, inner or {}) and clean
    return clean


def _remove_directory(parent: int, name: str, names: Names) -> bool:
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(name, flags, dir_fd=parent)
    try:
        clean = _remove(descriptor, names)
    finally:
        os.close(descriptor)
    if clean:
        os.rmdir(name, dir_fd=parent)
    return clean
