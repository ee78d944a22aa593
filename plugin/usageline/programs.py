"""Finding a program of somebody else's that nobody but this user or root can have put there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.config.origin import search_path
from usageline.processes import is_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find(name: str, places: Iterable[str], env: Mapping[str, str]) -> str | None:
    """The path of `name`: the first trusted one of `places`, else the first trusted one on the PATH of whoever installed.

    Not on that of `env`: a project's settings can change it, and what a project holds is this user's own.
    """
    on_path = (os.path.join(directory, name) for directory in search_path(env).split(os.pathsep) if os.path.isabs(directory))
    return next((path for path in (*places, *on_path) if is_trusted(path)), None)
