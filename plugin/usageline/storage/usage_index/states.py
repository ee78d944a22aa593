"""Find what Claude Code itself notes of a session: its account, and its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.storage.usage_index.queries import Row
from usageline.usage.local.cost_states import Comparison, Counts
from usageline.usage.local.windows import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.storage.usage_index.database import Index

SEVERAL = "several"
"""The account of a session that several had."""

OWNERS = """
SELECT s.name, a.name
FROM owners o JOIN names s ON s.id = o.session JOIN names a ON a.id = o.account
"""
COUNTED = """
SELECT s.name, m.name, t.input, t.output, t.cache_write, t.cache_read, t.web_searches
FROM states t JOIN names s ON s.id = t.session JOIN names m ON m.id = t.model ORDER BY 1, 2
"""
INDEXED = """
SELECT s.name, m.name, sum(q.input), sum(q.output), sum(q.write_5m + q.write_1h), sum(q.read),
       sum(q.searches)
FROM quarters q JOIN names s ON s.id = q.session JOIN names m ON m.id = q.model
WHERE q.session IN (SELECT session FROM states) GROUP BY 1, 2
"""
SESSIONS = "SELECT DISTINCT s.name FROM quarters q JOIN names s ON s.id = q.session"
COST = """
SELECT coalesce(sum(cost / 1000000), 0) FROM responses WHERE at >= ? AND at < ? AND session NOT IN
(SELECT o.session FROM owners o JOIN names a ON a.id = o.account WHERE a.name != ?)
"""


def owners(index: Index) -> dict[str, str]:
    """Return the account of each session with one, SEVERAL for one with more."""
    accounts: dict[str, str] = {}
    for session, account in index.connection.execute(OWNERS):
        accounts[session] = SEVERAL if session in accounts else account
    return accounts


def sessions_of(index: Index, account: str, accounts: Mapping[str, str]) -> frozenset[str]:
    """Return the sessions of an account, which may be UNKNOWN. `accounts` has those of all."""
    sessions = (session for (session,) in index.connection.execute(SESSIONS))
    return frozenset(each for each in sessions if accounts.get(each, UNKNOWN) == account)


def by_account(rows: Iterable[Row], accounts: Mapping[str, str]) -> list[Row]:
    """Return the sums of each account, from those of the sessions."""
    sums: dict[str, Row] = {}
    for row in rows:
        key = accounts.get(row.key, UNKNOWN)
        total = sums.setdefault(key, Row(key))
        total.add_row(row)
    return [sums[key] for key in sorted(sums)]


def cost_of_account(index: Index, account: str, first_ms: int, end_ms: int) -> int:
    """Return the cost (picodollars) between two times (epoch ms), without other accounts' sessions.

    It is exact to a millionth of a dollar for each response.
    """
    (micro,) = index.connection.execute(COST, (first_ms, end_ms, account)).fetchone()
    cost: int = micro * 1_000_000
    return cost


def comparisons(index: Index) -> list[Comparison]:
    """Return each model of each session in which Claude Code itself counted, beside the index."""
    indexed: dict[tuple[str, str], Counts] = {}
    for session, model, *sent in index.connection.execute(INDEXED):
        indexed[session, model] = Counts(*sent)
    return [
        Comparison(session, model, Counts(*counted), indexed.get((session, model), Counts()))
        for session, model, *counted in index.connection.execute(COUNTED)
    ]
