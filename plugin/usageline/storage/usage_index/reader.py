"""Open the index to show it, while another process may write it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from usageline.core.errors import StoreBroken
from usageline.storage.usage_index import database
from usageline.storage.usage_index.database import Index

if TYPE_CHECKING:
    from collections.abc import Iterator


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


# tried by: tests/cli
@contextlib.contextmanager
def opened(directory: str) -> Iterator[Index]:
    """Yield the index in `directory`, opened read-only and checked.

    Raise StoreBroken, OSError or sqlite3.Error if there is none that can be used.
    """
    path = os.path.join(directory, database.NAME)
    database.check_files(path)
    # The log of a directory that is read-only can be neither opened nor changed.
    mode = "mode=ro" if os.access(directory, os.W_OK) else "mode=ro&immutable=1"
    connection = sqlite3.connect(
        f"file:{quote(path)}?{mode}",
        uri=True,
        timeout=database.BUSY_TIMEOUT_S,
        isolation_level=None,
    )
    try:
        database.restrict(connection)
        database.check(connection)
        yield Index(connection)
    except UnicodeDecodeError as error:  # SQLite's message quotes a damaged schema
        raise StoreBroken("a damaged index") from error
    finally:
        connection.close()
