"""Finding a program of somebody else's that nobody but this user or root can have put there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.system.origin import search_path
from usageline.system.process_tree import is_trusted
from usageline.system.trust import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def find(name: str, places: Iterable[str], env: Mapping[str, str]) -> str | None:
    """The path of `name`: the first trusted one of `places`, else the first trusted one on the PATH of whoever installed.

    Not on that of `env`: a project's settings can change it, and what a project holds is this user's own.
    """
    return next(filter(is_trusted, _candidates(name, places, env)), None)


def missing(name: str, places: Iterable[str], env: Mapping[str, str]) -> str:
    """Return why `find` has nothing: that `name` was not found, or where it was and why it is not run."""
    path = next(filter(os.path.lexists, _candidates(name, places, env)), None)
    return (
        f"{name} was not found"
        if path is None
        else f"{name} was found at {path} and is not run: {refusal(path)}"
    )


def _candidates(name: str, places: Iterable[str], env: Mapping[str, str]) -> Iterator[str]:
    yield from places
    yield from (
        os.path.join(directory, name)
        for directory in search_path(env).split(os.pathsep)
        if os.path.isabs(directory)
    )
