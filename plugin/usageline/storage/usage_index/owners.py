"""Find the account of each session whose transcript names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.storage.usage_index.queries import UNKNOWN, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.storage.usage_index.database import Index

SEVERAL = "several"
"""The account of a session that several had."""

OWNERS = """
SELECT s.name, a.name
FROM owners o JOIN names s ON s.id = o.session JOIN names a ON a.id = o.account
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
