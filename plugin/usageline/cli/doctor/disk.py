"""The disks that the cache and the history lie on: not full, not read-only; and what the last refreshes came to nothing for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem
from usageline.core import paths, throttle
from usageline.system import disk

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context

LEAST_BYTES = 128 << 10
"""A store, a snapshot and what replaces it take less."""

ADVICE = {
    "full": "free some space on its disk, or of your quota; the next refresh goes on by itself",
    "unwritable": "see that it can be written by you; the next refresh goes on by itself",
    "unlockable": "put the cache on a local disk: XDG_CACHE_HOME",
    "failing": "run usageline refresh, which says why",
}


def space(context: Context) -> Result | None:
    """There is room for what is written."""
    if not hasattr(os, "statvfs"):
        return None
    places = {
        "the cache": paths.cache_dir(context.env),
        "the history": paths.state_dir(context.env),
    }
    for what, path in places.items():
        name, found = context.short(path), _file_system(path)
        if found is None:
            continue
        if found.f_flag & os.ST_RDONLY:
            return problem(
                f"{what}, {name}, is on a read-only file system",
                "see why it is; what is there is still shown, with its age",
            )
        # Some file systems count no files: then all of them are 0.
        if found.f_bavail * found.f_frsize < LEAST_BYTES or (found.f_files and not found.f_favail):
            return problem(f"the disk of {what}, {name}, is full", ADVICE["full"])
    return ok("there is room for the cache and the history")


def hindered(context: Context) -> Result | None:
    """The refreshes that were started have not come to nothing."""
    word = throttle.last_failure(paths.stamp(context.env), context.now) if context.is_due else ""
    if not word:
        return None
    said = disk.MESSAGES.get(word, "they left no word of why")
    return problem(
        f"the last refreshes came to nothing: {said} ({context.short(paths.cache_dir(context.env))})",
        ADVICE[word],
    )


def _file_system(path: str) -> os.statvfs_result | None:
    while path != "/" and not os.path.lexists(path):
        path = os.path.dirname(path)
    try:
        return os.statvfs(path)
    except OSError:
        return None
