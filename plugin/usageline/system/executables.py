"""Find an external program that only this user or root can have installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.system.origin import search_path
from usageline.system.trust import is_trusted, untrusted_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


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
