"""Whose environment this is: a project's settings can set HOME and XDG_CONFIG_HOME, and so choose a config.toml of their own, or PATH.

Such a file may change how the line looks. Programs are named only by the files that whoever installed saw, found in the home and on the PATH that
they had: the installer lists them in the release, which no environment can move.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline import atomic, paths, regular

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
"""The release, or the clone, that this runs from."""

NAME = "config-files"
PATH_NAME = "search-path"
MOST_BYTES = 1 << 16
REFUSED = "a program is named only by the configuration of whoever installed; if this is yours, run install.sh again from here"
PROGRAMS = (("client",), ("chain", "command"), ("alerts", "command"))
"""The keys that name programs."""


def may_name_programs(env: Mapping[str, str], root: str = ROOT) -> bool:
    """Whether config.toml may name programs, and home holds them. A clone that nobody installed has no list, and believes all."""
    listed = _listed(root)
    return listed is None or {os.path.normpath(path) for path in (paths.config_file(env), usual(env))} <= set(listed)


def usual(env: Mapping[str, str]) -> str:
    """The config.toml in that home's usual place."""
    return str(paths.config_file({"HOME": paths.home(env)}))


def search_path(env: Mapping[str, str], root: str = ROOT) -> str:
    """The PATH of whoever installed; of a clone that nobody installed the one in `env`."""
    found = _read(f"{root}/{PATH_NAME}")
    return env.get("PATH", "") if found is None else os.fsdecode(found.rstrip(b"\n"))


def remember_path(root: str, value: str) -> None:
    """Let that be the PATH of the release at `root`, but for what in it is relative. OSError where it cannot be written."""
    kept = os.pathsep.join(filter(os.path.isabs, value.split(os.pathsep)))
    content = os.fsencode(kept) + b"\n"
    if _read(f"{root}/{PATH_NAME}") != content:
        atomic.replace_file(f"{root}/{PATH_NAME}", content, 0o600)


def allow(root: str, files: list[str]) -> None:
    """Add config files to the list of the release at `root`. OSError where it cannot be written."""
    listed = _listed(root) or []
    wanted = list(dict.fromkeys([*listed, *map(os.path.normpath, files)]))
    if wanted != listed:
        atomic.replace_file(f"{root}/{NAME}", b"".join(os.fsencode(path) + b"\n" for path in wanted), 0o600)


def listed_in(root: str) -> list[str]:
    """The config files that the release at `root` lists."""
    return _listed(root) or []


def _listed(root: str) -> list[str] | None:
    found = _read(f"{root}/{NAME}")
    return None if found is None else [os.fsdecode(line) for line in found.splitlines()]


def _read(path: str) -> bytes | None:
    try:
        return regular.read(path, MOST_BYTES)
    except OSError:
        return None
