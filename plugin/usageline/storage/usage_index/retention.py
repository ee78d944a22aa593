"""Forget what the index has kept long enough."""

from __future__ import annotations

from usageline.storage.usage_index.tables import QUARTER_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.storage.usage_index.database import Index

OLDEST = "SELECT (SELECT min(quarter) FROM quarters), (SELECT min(started) FROM states)"


def forget(index: Index, before: int) -> None:
    """Remove what is older than that time (epoch ms), in transactions of its own."""
    connection = index.connection
    quarter = before // QUARTER_MS
    first, started = connection.execute(OLDEST).fetchone()
    if first is not None and first < quarter:
        with index.transaction():
            connection.execute("DELETE FROM responses WHERE at < ?", (quarter * QUARTER_MS,))
            connection.execute("DELETE FROM quarters WHERE quarter < ?", (quarter,))
            connection.execute("DELETE FROM claims WHERE key NOT IN (SELECT key FROM responses)")
            connection.execute(
                "DELETE FROM owners WHERE session NOT IN (SELECT session FROM quarters)"
            )
    if started is not None and started < before:
        with index.transaction():
            connection.execute(
                "DELETE FROM states "
                "WHERE started < ? AND session NOT IN (SELECT session FROM quarters)",
                (before,),
            )
