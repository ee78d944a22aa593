"""Read the index to show it, while another process may write it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index import database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.storage.usage_index.database import Index


def exists(directory: str) -> bool:
    """Return whether there is an index in `directory`, in whatever state."""
    return os.path.lexists(os.path.join(directory, database.NAME))


def stamp(directory: str) -> tuple[tuple[int, int], ...]:
    """Return what changes with the index; () if there is none."""
    stats = []
    for suffix in ("", "-wal"):
        with contextlib.suppress(OSError):
            status = os.lstat(os.path.join(directory, database.NAME + suffix))
            stats.append((status.st_mtime_ns, status.st_size))
    return tuple(stats)


@contextlib.contextmanager
def opened(directory: str) -> Iterator[Index]:
    """Yield the index in `directory`, opened read-only and checked.

    Raise StoreBroken if there is none that can be used.
    """
    index = database.open_for_reading(directory)
    if index is None:
        raise StoreBroken("there is no index that can be used")
    try:
        yield index
    finally:
        index.close()
