"""Forget what the index has kept long enough."""

from __future__ import annotations

from usageline.storage.usage_index.tables import QUARTER_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.storage.usage_index.database import Index

LATELY_MS = (45 * 86_400_000, 12 * 3_600_000)
"""Responses of this time ago show that a clock is right. A wrong one has none for half a day."""

LATELY = "SELECT 1 FROM quarters WHERE quarter >= ? AND quarter < ? LIMIT 1"
OLDEST = "SELECT (SELECT min(quarter) FROM quarters), (SELECT min(started) FROM states)"


def trusts_clock(index: Index, now_ms: int) -> bool:
    """Return whether there are responses of the last weeks by this clock.

    If it jumped ahead by years, everything would be old enough to forget.
    """
    times = [(now_ms - ago) // QUARTER_MS for ago in LATELY_MS]
    return index.connection.execute(LATELY, times).fetchone() is not None


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
