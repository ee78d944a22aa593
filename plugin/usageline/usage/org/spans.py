"""Days in UTC, and the spans of days that requests ask for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from usageline.core.errors import UsagelineError
from usageline.core.formatting import utc_time

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

FIRST_DAY = date(2026, 1, 1)
"""The service has no earlier data."""

MAX_AGE_DAYS = 365
MAX_DAYS = 31
"""In one request."""

FINAL_AFTER_DAYS = 30
"""The time in which the service may revise a day."""

DAY = timedelta(days=1)


class Span(NamedTuple):
    """Days from `since` to `until` (exclusive). The days of a `final` one do not change."""

    since: date
    until: date
    is_final: bool = False

    def days(self) -> list[date]:
        """Return each day."""
        return [self.since + DAY * number for number in range((self.until - self.since).days)]


def midnight(day: date) -> datetime:
    """Return the begin of a day in UTC."""
    return datetime.combine(day, time(), timezone.utc)


def stamp(at: datetime) -> str:
    """Return a time as the service and JSON have it: `2026-11-24T00:00:00Z`."""
    return utc_time(at.timestamp())


def in_range(since: date | None, until: date | None, now: datetime) -> Span:
    """Return the days from `since` to `until`, both included; without them those of this month.

    Raise UsagelineError if the service cannot have them.
    """
    today = now.date()
    last = min(until or today, today)
    first = since or last.replace(day=1)
    earliest = max(FIRST_DAY, (now - timedelta(days=MAX_AGE_DAYS)).date() + DAY)
    if first < earliest and (since or last < earliest):
        raise UsagelineError(f"the service has no days before {earliest}: use --since {earliest}")
    first = max(first, earliest)
    if first > last:
        raise UsagelineError(f"{first} is after {last}: use an earlier --since or a later --until")
    return Span(first, last + DAY)


def first_changing_day(now: datetime) -> date:
    """Return the first day that the service may still revise."""
    return (now - timedelta(days=FINAL_AFTER_DAYS)).date()


def plan(since: date, until: date, now: datetime, cached: Container[date]) -> list[Span]:
    """Return the spans to request. Leave out final days that are `cached`."""
    changing = min(max(first_changing_day(now), since), until)
    final = [day for day in Span(since, changing).days() if day not in cached]
    return [
        *_runs(final, is_final=True),
        *_runs(Span(changing, until).days(), is_final=False),
    ]


def _runs(days: Iterable[date], *, is_final: bool) -> Iterator[Span]:
    """Yield the runs of days, in parts of at most MAX_DAYS."""
    run: Span | None = None
    for day in days:
        if run and run.until == day and (day - run.since).days < MAX_DAYS:
            run = run._replace(until=day + DAY)
            continue
        if run:
            yield run
        run = Span(day, day + DAY, is_final)
    if run:
        yield run
