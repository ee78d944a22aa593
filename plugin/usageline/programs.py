"""Finding a program of somebody else's that nobody but this user or root can have put there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.processes import is_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find(name: str, places: Iterable[str], env: Mapping[str, str]) -> str | None:
    """The path of `name`: the first trusted one of `places`, else the first trusted one on PATH, which a project's settings can change."""
    on_path = (os.path.join(directory, name) for directory in env.get("PATH", "").split(os.pathsep) if os.path.isabs(directory))
    return next((path for path in (*places, *on_path) if is_trusted(path)), None)
