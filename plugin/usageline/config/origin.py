"""Whose configuration this is: a project's settings can set XDG_CONFIG_HOME or HOME, and so choose a config.toml of their own.

Such a file may change how the line looks. Programs are named only by the files that whoever installed saw: the installer lists them in the
release, which no environment can move.
"""

from __future__ import annotations

import os

from usageline import atomic

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
"""The release, or the clone, that this runs from."""

NAME = "config-files"
MOST_BYTES = 1 << 16
REFUSED = "a program is named only by the configuration of whoever installed; if this is yours, run install.sh again from here"
PROGRAMS = (("client",), ("chain", "command"), ("alerts", "command"))
"""The keys that name programs."""


def may_name_programs(path: str, root: str = ROOT) -> bool:
    """Whether the config.toml at `path` may name programs. A clone that nobody installed has no list, and believes all."""
    listed = _listed(root)
    return listed is None or os.path.normpath(path) in listed


def allow(root: str, paths: list[str]) -> None:
    """Add config files to the list of the release at `root`. OSError where it cannot be written."""
    listed = _listed(root) or []
    wanted = list(dict.fromkeys([*listed, *map(os.path.normpath, paths)]))
    if wanted != listed:
        atomic.replace_file(f"{root}/{NAME}", b"".join(os.fsencode(path) + b"\n" for path in wanted), 0o600)


def listed_in(root: str) -> list[str]:
    """The config files that the release at `root` lists."""
    return _listed(root) or []


def _listed(root: str) -> list[str] | None:
    try:
        with open(f"{root}/{NAME}", "rb") as file:
            return [os.fsdecode(line) for line in file.read(MOST_BYTES).splitlines()]
    except OSError:
        return None
