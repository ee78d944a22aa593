"""Decide which session a response is of that several sessions have."""

from __future__ import annotations

from usageline.storage.usage_index.tables import chunks
from usageline.usage.local.responses import NONE_OWN, Claim, owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any

    from usageline.storage.usage_index.tables import Names

DECIDED = """
SELECT key, min(session) AS session, min(at) AS at FROM claims WHERE NOT copied
GROUP BY key HAVING count(*) = 1
"""
UNSHARED = """
SELECT session, at * 2 + NOT sidechain AS first FROM responses
WHERE session IN forked AND NOT copied AND key NOT IN (SELECT key FROM claims)
"""
SHARED = """
SELECT d.session, d.at * 2 + NOT r.sidechain
FROM decided d JOIN responses r ON r.key = d.key AND r.part = 0
"""
FORKED = "SELECT DISTINCT session FROM claims"
FIRST_OWN = f"""
WITH forked AS ({FORKED}), decided AS ({DECIDED}), own AS ({UNSHARED} UNION ALL {SHARED})
SELECT session, min(first) FROM forked NATURAL LEFT JOIN own GROUP BY 1
"""  # noqa: S608 - the texts above
ASSIGN = """
UPDATE responses SET session = ?, project = ? WHERE key = ? AND (session != ? OR project != ?)
"""


SUBAGENT_FIRST = NONE_OWN - (1 << 60)


def _order(first: int | None) -> int:
    """Return the order of a session by its first own response: its time (ms), doubled, or None.

    The time is odd unless that is a subagent's. Then a shared response had started it, so this
    session precedes all others. A fork copies the conversation, and not what ran beside it.
    """
    if first is None:
        return NONE_OWN
    return first if first % 2 else first + SUBAGENT_FIRST


def _latest(order: int) -> int:
    """Return the doubled time until which another own response may change the order."""
    if order < NONE_OWN:
        return order - SUBAGENT_FIRST
    return -order if order == NONE_OWN else order


class Forks:
    """The sessions that share responses, by name: `first_own` has the order of each.

    `must_settle` is whether what they own may differ now.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self.must_settle = False
        self._connection = connection
        self._names = names
        self.first_own: dict[str, int] = {}
        self._claims: list[tuple[object, ...]] = []

    def load(self) -> None:
        """Read what is stored of them."""
        self.first_own = {
            self._names.name(number): first
            for number, first in self._connection.execute("SELECT session, first_own FROM forks")
        }

    def owner(self, key: bytes, claims: tuple[Claim, ...]) -> Claim:
        """Return the claim that counts as far as is known. If there are several, settle later."""
        if len(claims) == 1:
            first_own = self.first_own.get(claims[0].session)
            if first_own is not None and claims[0].at * 2 <= _latest(first_own):
                self.must_settle = True
            return claims[0]
        self.must_settle = True
        numbers = self._names
        self._claims += [
            (key, numbers[each.session], each.at, numbers[each.project], +each.copied)
            for each in claims
        ]
        return owner(claims, self.first_own)

    def settle(self) -> Iterator[int]:
        """Decide anew whose the shared responses are, after the sessions' own ones changed.

        Yield the time (epoch ms) of each response that is now another session's.
        """
        self.must_settle = False
        # No session loses its claim on a response.
        self._connection.executemany(
            "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)", self._claims
        )
        self._claims.clear()
        first_own = {
            self._names.name(number): _order(first)
            for number, first in self._connection.execute(FIRST_OWN)
        }
        changed = [name for name, first in first_own.items() if self.first_own.get(name) != first]
        self.first_own = first_own
        self._connection.execute("DELETE FROM forks")
        self._connection.executemany(
            "INSERT INTO forks VALUES (?, ?)",
            [(self._names[name], first) for name, first in first_own.items()],
        )
        for sessions in chunks(changed):
            for key, claims in self.claims(
                "session", list(map(self._names.__getitem__, sessions))
            ).items():
                claim = owner(claims, first_own)
                values = (self._names[claim.session], self._names[claim.project])
                if self._connection.execute(ASSIGN, (*values, key, *values)).rowcount:
                    yield min(each.at for each in claims)

    def claims(self, column: str, values: list[Any]) -> dict[bytes, tuple[Claim, ...]]:
        """Return the claims of the shared responses of which one has such a value."""
        marks = ", ".join("?" * len(values))
        claims: dict[bytes, list[Claim]] = {}
        for key, session, at, project, copied in self._connection.execute(
            "SELECT key, session, at, project, copied FROM claims WHERE key IN "  # noqa: S608
            f"(SELECT key FROM claims WHERE {column} IN ({marks}))",
            values,
        ):
            claims.setdefault(key, []).append(
                Claim(self._names.name(session), at, self._names.name(project), bool(copied))
            )
        return {key: tuple(sorted(each)) for key, each in claims.items()}
