"""Finding a program of somebody else's that nobody but this user or root can have put there."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find(name: str, places: Iterable[str], env: Mapping[str, str]) -> str | None:
    """The path of `name`: the first trusted one of `places`, else the first trusted one on PATH, which a project's settings can change."""
    on_path = (os.path.join(directory, name) for directory in env.get("PATH", "").split(os.pathsep) if os.path.isabs(directory))
    return next((path for path in (*places, *on_path) if is_trusted(path)), None)


def is_trusted(path: str) -> bool:
    """Whether it is a program that only this user or root can have written, in a directory of which the same holds."""
    real = os.path.realpath(path)
    try:
        program, directory = os.stat(real), os.stat(os.path.dirname(real))
    except (OSError, ValueError):
        return False
    if os.name != "posix":
        return stat.S_ISREG(program.st_mode)
    ours = all(found.st_uid in {0, os.geteuid()} and not found.st_mode & 0o022 for found in (program, directory))
    return ours and stat.S_ISREG(program.st_mode) and os.access(real, os.X_OK)
