"""Read how many people are active, and what each of them does. Pure.

Products are an open set: an unknown one has the service's own name. Counts that the service does
not report are None. Texts come from the service: sanitize them at output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from usageline.usage.org import records
from usageline.usage.org.amounts import known_sum, read_decimal
from usageline.usage.org.merge import anonymous
from usageline.usage.org.records import Who, optional_count
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

BY_DAY, BY_PERSON = "day", "person"
VIEWS = (BY_DAY, BY_PERSON)
PERIODS = ("daily", "weekly", "monthly")
CLAUDE_CODE = "claude_code"
MAX_DEPTH = 4
MAX_RATE = 1000

ENTERPRISE_COUNTS = (
    ("distinct_session_count", "commit_count", "pull_request_count"),
    ("added_count", "removed_count"),
    ("accepted_count", "rejected_count"),
)
CONSOLE_COUNTS = (
    ("num_sessions", "commits_by_claude_code", "pull_requests_by_claude_code"),
    ("added", "removed"),
    ("accepted", "rejected"),
)
"""What the two services call the fields of `Work`: of all, of lines, and of each tool."""

_OF_PRODUCT = re.compile(r"([a-z][a-z0-9_]{0,63})_(daily|weekly|monthly)_active_user_count")
_BLOCK = re.compile(r"([a-z][a-z0-9_]{0,63})_metrics")


@dataclass(frozen=True, slots=True)
class Active:
    """People who were active on a day, and in the 7 and the 28 or 30 days that end with it."""

    daily: int | None = None
    weekly: int | None = None
    monthly: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC, such as `2026-11-23`. `rates` are percentages of the seats."""

    day: str
    active: Active
    rates: tuple[Decimal | None, Decimal | None, Decimal | None] = (None, None, None)
    seats: int | None = None
    invites: int | None = None
    products: Mapping[str, Active] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """What a person did in Claude Code. Edits are accepted and rejected changes of files."""

    sessions: int | None = None
    commits: int | None = None
    pull_requests: int | None = None
    lines_added: int | None = None
    lines_removed: int | None = None
    edits_accepted: int | None = None
    edits_rejected: int | None = None

    def plus(self, other: Work) -> Work:
        """Return the sum. What only one of the two reports is kept."""
        names = (one.name for one in fields(self))
        return Work(*(known_sum((getattr(self, name), getattr(other, name))) for name in names))


@dataclass(frozen=True, slots=True)
class Person:
    """One person in a range of days. `messages` are by product, without Claude Code.

    `last_day` is the last active day, "" if the service does not report it.
    """

    who: Who
    last_day: str
    work: Work
    messages: Mapping[str, int] = field(default_factory=dict)

    @property
    def all_messages(self) -> int:
        """Return the messages in all products."""
        return sum(self.messages.values())

    def plus(self, other: Person) -> Person:
        """Return the sum of two rows of one person."""
        messages = dict(self.messages)
        for product, count in other.messages.items():
            messages[product] = messages.get(product, 0) + count
        last_day = max(self.last_day, other.last_day)
        return Person(self.who, last_day, self.work.plus(other.work), messages)


@dataclass(frozen=True, slots=True)
class Activity:
    """Days, or people, from `since` to `until` (exclusive). The other of the two is empty.

    With `code_alone` they are from the report of Claude Code in the API, which has no seats.
    `limit` is how many rows were asked for, None for all. `hidden` rows were left out.
    """

    by: str
    since: datetime
    until: datetime
    days: tuple[Day, ...] = ()
    people: tuple[Person, ...] = ()
    code_alone: bool = False
    limit: int | None = None
    hidden: int = 0

    def top(self, limit: int | None) -> Activity:
        """Return it with the last `limit` days, or the first people."""
        if limit is None:
            return self
        days, people = self.days[-limit:], self.people[:limit]
        hidden = len(self.days) + len(self.people) - len(days) - len(people)
        return replace(self, days=days, people=people, limit=limit, hidden=hidden)


def read_days(page: Mapping[str, Any]) -> list[Day]:
    """Return the days of `analytics/summaries`."""
    # Until about September 2026 the list had another name.
    body = page if "data" in page else {"data": page.get("summaries")}
    return [_day(row) for row in records.rows(body)]


def read_people(page: Mapping[str, Any]) -> list[Person]:
    """Return the people of `analytics/users`. Rows that stand for several people are left out."""
    return [_person(row) for row in records.rows(page) if row.get("user") is not None]


def read_coders(page: Mapping[str, Any]) -> list[Person]:
    """Return a row for each person and terminal of one day of `usage_report/claude_code`."""
    return [_coder(row) for row in records.rows(page)]


def once(people: Iterable[Person]) -> Iterator[Person]:
    """Yield each row once: rows move between pages if others are added meanwhile."""
    before: dict[Who, Person] = {}
    for person in people:
        if before.get(person.who) != person:
            before[person.who] = person
            yield person


def merged(people: Iterable[Person]) -> list[Person]:
    """Return one row for each person, those who did the most in Claude Code first."""
    by_key: dict[str, Person] = {}
    for person in people:
        key = f"{person.who.kind}\0{person.who.key}"
        by_key[key] = by_key[key].plus(person) if key in by_key else person
    return sorted(by_key.values(), key=_rank)


def coders_by_day(days: Iterable[tuple[str, Iterable[Person]]]) -> list[Day]:
    """Return how many people used Claude Code on each day."""
    result = []
    for day, people in days:
        active = Active(daily=len(merged(people)))
        result.append(Day(day, active, products={CLAUDE_CODE: active}))
    return result


def _rank(person: Person) -> tuple[object, ...]:
    work = person.work
    return -(work.sessions or 0), -person.all_messages, -(work.lines_added or 0), person.who.key


def _day(row: Mapping[str, Any]) -> Day:
    products: dict[str, dict[str, int | None]] = {}
    for name, value in row.items():
        if match := _OF_PRODUCT.fullmatch(name):
            products.setdefault(match[1], {})[match[2]] = optional_count(value)
    first, second, third = (_rate(row.get(f"{period}_adoption_rate")) for period in PERIODS)
    return Day(
        records.day_of(row.get("starting_at")),
        Active(*(optional_count(row.get(f"{period}_active_user_count")) for period in PERIODS)),
        (first, second, third),
        optional_count(row.get("assigned_seat_count")),
        optional_count(row.get("pending_invite_count")),
        {name: Active(**counts) for name, counts in sorted(products.items())},
    )


def _person(row: Mapping[str, Any]) -> Person:
    user = mapping(row.get("user"))
    who = records.actor({**user, "type": "user_actor", "user_id": user.get("id")})
    messages = {
        match[1]: count
        for name, block in sorted(row.items())
        if (match := _BLOCK.fullmatch(name)) and (count := _messages(block)) is not None
    }
    work = _work(mapping(row.get("claude_code_metrics")), ENTERPRISE_COUNTS)
    return Person(who or Who("user"), _date(row.get("last_activity_date")), work, messages)


def _coder(row: Mapping[str, Any]) -> Person:
    who = records.actor(row.get("actor")) or Who("unknown")
    return Person(who, _date(str(row.get("date", ""))[:10]), _work(row, CONSOLE_COUNTS))


def _work(row: Mapping[str, Any], names: tuple[tuple[str, ...], ...]) -> Work:
    of_core, of_lines, of_tools = names
    core, tools = mapping(row.get("core_metrics")), mapping(row.get("tool_actions"))
    lines = mapping(core.get("lines_of_code"))
    return Work(
        *(optional_count(core.get(name)) for name in of_core),
        *(optional_count(lines.get(name)) for name in of_lines),
        *(_total(tools, name) for name in of_tools),
    )


def _total(tools: Mapping[str, Any], name: str) -> int | None:
    """Return the sum of a count of all tools, None if none reports it."""
    return known_sum(optional_count(mapping(tool).get(name)) for tool in tools.values())


def _messages(block: object, depth: int = 0) -> int | None:
    """Return the messages of a product, also of its parts, None if it does not report them."""
    if depth > MAX_DEPTH:
        return None
    return known_sum(
        optional_count(value) if name == "message_count" else _messages(value, depth + 1)
        for name, value in mapping(block).items()
        if name == "message_count" or isinstance(value, dict)
    )


def _rate(value: object) -> Decimal | None:
    rate = read_decimal(value)
    return rate if rate is not None and 0 <= rate <= MAX_RATE else None


def _date(value: object) -> str:
    text = records.text(value) or ""
    return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else ""


def without_names(activity: Activity, salt: bytes) -> Activity:
    """Return it with ids, and without names and e-mail addresses."""
    people = (replace(person, who=anonymous(person.who, salt)) for person in activity.people)
    return replace(activity, people=tuple(people))
