"""Sum what is chosen by day, week, month, hour, model, project, session or account.

The account of a session, and counters of its own, are what Claude Code itself notes of it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from usageline.core.named_tuple import NamedTuple
from usageline.storage.usage_index.queries import OF_QUARTERS, Row, row_values
from usageline.storage.usage_index.tables import QUARTER_MS
from usageline.usage.local.cost_states import Comparison, Counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from usageline.storage.usage_index.database import Index

    Sums = tuple[str, str, tuple[int, ...]]

KINDS = ("day", "week", "month", "hour", "model", "project", "session")
UNKNOWN = "?"
"""A project or session that no line names."""
UNKNOWNS = {"model": "", "project": UNKNOWN, "session": UNKNOWN}

SEVERAL = "several"
"""The account of a session that several had."""

BY_NAME = """
SELECT k.name, m.name, t.* FROM (
    SELECT {column} AS k, q.model AS m, {sums} FROM quarters q
    WHERE quarter >= ? AND quarter < ? {condition} GROUP BY 1, 2
) t JOIN names k ON k.id = t.k JOIN names m ON m.id = t.m
"""
NEXT = "SELECT min(quarter) FROM quarters WHERE quarter >= ? AND quarter < ?"
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


class Range(NamedTuple):
    """Days of a zone, both included; None is open. `project` and `model` choose by their names.

    A project's name may have `*`. `sessions` are those that are chosen, None for all.
    """

    zone: tzinfo = timezone.utc
    since: date | None = None
    until: date | None = None
    project: str | None = None
    model: str | None = None
    sessions: frozenset[str] | None = None

    def includes(self, project: str, model: str) -> bool:
        """Return whether it has that project, by its directory or name, and that model."""
        return self.includes_project(project) and self.includes_model(model)

    def includes_model(self, model: str) -> bool:
        """Return whether the model is among those that are chosen."""
        return self.model is None or self.model.lower() in model.lower()

    def includes_project(self, project: str) -> bool:
        """Return whether the project is among those that are chosen."""
        if self.project is None:
            return True
        directory = project.rstrip("/") or project or UNKNOWN
        names = (directory, directory.replace("\\", "/").rpartition("/")[2])
        if "*" not in self.project:
            return (self.project.rstrip("/") or self.project) in names
        from fnmatch import fnmatchcase  # noqa: PLC0415 - slow to import

        pattern = self.project.replace("[", "[[]").replace("?", "[?]")
        return any(fnmatchcase(name, pattern) for name in names)


def sums(index: Index, kind: str, chosen: Range) -> tuple[list[Row], Row]:
    """Return the rows of one of KINDS, by key, and their total."""
    rows: dict[str, Row] = {}
    total = Row("total")
    for key, model, values in _sums(index, kind, chosen):
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(key)
        row.add(values, model)
        total.add(values, model)
    return [rows[key] for key in sorted(rows)], total


def shares(index: Index, kind: str, chosen: Range) -> dict[str, dict[str, int]]:
    """Return the cost of each model (picodollars) in each row of one of KINDS."""
    costs: dict[str, dict[str, int]] = {}
    for key, model, values in _sums(index, kind, chosen):
        row = costs.setdefault(key, {})
        row[model] = row.get(model, 0) + values[7]
    return costs


def _sums(index: Index, kind: str, chosen: Range) -> Iterator[Sums]:
    return (_by_name if kind in UNKNOWNS else _by_time)(index, kind, chosen)


def _by_name(index: Index, kind: str, chosen: Range) -> Iterator[Sums]:
    limits, condition = _limits(chosen), _condition(index, chosen)
    query = BY_NAME.format(column=f"q.{kind}", sums=OF_QUARTERS, condition=condition)
    for key, model, _, _, *values in index.connection.execute(query, limits):
        yield key or UNKNOWNS[kind], model, row_values(values)


def _by_time(index: Index, kind: str, chosen: Range) -> Iterator[Sums]:
    """Sum one period after another, from a quarter with responses to the next one."""
    first, end = _limits(chosen)
    condition = _condition(index, chosen)
    query = BY_NAME.format(column="q.model", sums=OF_QUARTERS, condition=condition)
    while (row := index.connection.execute(NEXT, (first, end)).fetchone()) and row[0] is not None:
        key, first = _period(kind, row[0], chosen.zone)
        for _, model, _, _, *values in index.connection.execute(query, (row[0], min(first, end))):
            yield key, model, row_values(values)


def _limits(chosen: Range) -> tuple[int, int]:
    """Return the first quarter, and the one after the last."""
    first, end = -(1 << 60), 1 << 60
    if chosen.since is not None:
        first = _start(chosen.since, chosen.zone)
    if chosen.until is not None:
        end = _start(chosen.until + timedelta(days=1), chosen.zone)
    return first, end


def _condition(index: Index, chosen: Range) -> str:
    """Return the SQL that chooses a project, a model and sessions, by the numbers of names."""
    if chosen.project is None and chosen.model is None and chosen.sessions is None:
        return ""
    names = index.connection.execute("SELECT id, name FROM names").fetchall()
    projects = [str(number) for number, name in names if chosen.includes_project(name)]
    models = [str(number) for number, name in names if chosen.includes_model(name)]
    columns = {"project": projects, "model": models}
    if chosen.sessions is not None:
        columns["session"] = [str(number) for number, name in names if name in chosen.sessions]
    return " ".join(f"AND q.{name} IN ({', '.join(ids)})" for name, ids in columns.items())


def _start(day: date, zone: tzinfo) -> int:
    """Return the quarter with which a day begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(midnight.timestamp()) * 1000 // QUARTER_MS


def _period(kind: str, quarter: int, zone: tzinfo) -> tuple[str, int]:
    """Return the key of the period that a quarter is in, and the quarter with which it ends."""
    at = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, zone)
    day = at.date()
    if kind == "hour":
        return at.strftime("%Y-%m-%dT%H:00%z"), quarter + 4 - at.minute // 15
    if kind == "month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return at.strftime("%Y-%m"), _start(following, zone)
    if kind == "week":
        day -= timedelta(days=day.weekday())
    end = _start(day + timedelta(days=7 if kind == "week" else 1), zone)
    return day.isoformat(), max(end, quarter + 1)


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
