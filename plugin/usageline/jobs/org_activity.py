"""Load how many people are active, and what each of them does.

Claude Enterprise reports it. Claude Console reports what people do in Claude Code alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from usageline.core.errors import UsagelineError
from usageline.jobs.org_access import unreadable
from usageline.sources.org.adapter import BASE, MAX_ROWS
from usageline.sources.org.adapters import CLAUDE_CODE
from usageline.sources.org.errors import REFUSED, OrgFailure
from usageline.usage.org import activity as activities
from usageline.usage.org import spans
from usageline.usage.org.activity import BY_PERSON, Activity
from usageline.usage.org.records import Malformed
from usageline.usage.org.spans import DAY, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from usageline.jobs.org_access import Org
    from usageline.usage.org.activity import Day, Person

    Row = TypeVar("Row", Day, Person)

SUMMARIES, USERS = f"{BASE}/analytics/summaries", f"{BASE}/analytics/users"
DEFAULT_DAYS = 30
MAX_LAG_DAYS = 3
"""The service has no data of the last day or two, and refuses a range that includes them."""

LIMIT = ("limit", str(MAX_ROWS))


def load(org: Org) -> Activity:
    """Return the activity, by default of the last 30 days that are over.

    Raise UsagelineError with what to do if it cannot be loaded.
    """
    days = _days(org)
    try:
        activity = _enterprise(org, days)
    except OrgFailure as failure:
        if failure.status not in REFUSED:
            raise
        activity = _claude_code(org, org.request.by, days, failure)
    if org.request.is_anonymous:
        return activities.without_names(activity, org.cache.salt)
    return _with_names(activity, org)


def _days(org: Org) -> Span:
    """Return the days that are over. The last day without one is yesterday."""
    request, today = org.request, org.now().date()
    since = request.since
    if since is None:
        last = min(request.until or today - DAY, today - DAY)
        since = max(last - DAY * (DEFAULT_DAYS - 1), spans.FIRST_DAY)
    elif since >= today:
        raise UsagelineError(f"{since} is not over in UTC: use an earlier --since")
    days = spans.in_range(since, request.until, org.now())
    return days._replace(until=min(days.until, today))


def _enterprise(org: Org, days: Span) -> Activity:
    """Return what Enterprise reports. Leave out the last days if it has none of them yet."""
    is_open_end = org.request.until is None
    for lag in range(MAX_LAG_DAYS + 1):
        part = days._replace(until=days.until - DAY * lag)
        try:
            return _reported(org, org.request.by, part)
        except OrgFailure as failure:
            is_last = lag == MAX_LAG_DAYS or part.until - DAY <= days.since
            if failure.status != 400 or failure.code or is_last or not is_open_end:
                raise
    raise AssertionError  # the last lag returns or raises


def _reported(org: Org, by: str, days: Span) -> Activity:
    edges = [("starting_date", str(days.since)), ("ending_date", str(days.until))]
    if by == BY_PERSON:
        if days.until - days.since == DAY:
            edges = [("date", str(days.since))]
        rows_of_people = _rows(org, USERS, [*edges, LIMIT], activities.read_people)
        people = activities.merged(activities.once(rows_of_people))
        return _activity(by, days, people=tuple(people))
    rows = _rows(org, SUMMARIES, edges, activities.read_days)
    return _activity(by, days, days=tuple(sorted(rows, key=lambda row: row.day)))


def _claude_code(org: Org, by: str, days: Span, refusal: OrgFailure) -> Activity:
    """Return what Console reports, day by day. Raise the first refusal if it has none either."""
    by_day: list[tuple[str, list[Person]]] = []
    for day in days.days():
        params = [("starting_at", str(day)), LIMIT]
        try:
            people = [*_rows(org, CLAUDE_CODE, params, activities.read_coders, str(day))]
        except OrgFailure as failure:
            if failure.status in REFUSED and not by_day:
                raise refusal from None
            raise
        by_day.append((str(day), people))
    if by == BY_PERSON:
        everyone = activities.merged(person for _, people in by_day for person in people)
        return _activity(by, days, people=tuple(everyone), code_alone=True)
    return _activity(by, days, days=tuple(activities.coders_by_day(by_day)), code_alone=True)


def _rows(
    org: Org,
    path: str,
    params: Sequence[tuple[str, str]],
    read: Callable[[Mapping[str, Any]], list[Row]],
    of: str = "",
) -> Iterator[Row]:
    name = f"activity of {of}" if of else "activity"
    try:
        for page in org.client.pages(path, params, name):
            yield from read(page)
    except Malformed as malformed:
        raise unreadable(org.client, malformed) from None


def _activity(by: str, span: Span, **rows: Any) -> Activity:
    return Activity(by, spans.midnight(span.since), spans.midnight(span.until), **rows)


def _with_names(activity: Activity, org: Org) -> Activity:
    """Return it with the names of its people, as far as the key may read them."""
    if not activity.people:
        return activity
    names = org.names(BY_PERSON)

    def named(person: Person) -> Person:
        who = person.who
        name = who.name or names.get(who.key) or names.get(who.email or "")
        return replace(person, who=who._replace(name=name))

    return replace(activity, people=tuple(map(named, activity.people)))
