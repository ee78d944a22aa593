"""The adapters: one of the Usage and Cost Analytics API, two of the older reports.

The newer API is for Console and Enterprise alike, beta since 2026-10-29. Organizations that do not
have it have older reports: `AdminReports` with an Admin key of the Console, `EnterpriseReports`
with the scope read:analytics. Neither has every number, nor every way to group.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from usageline.sources.org.adapter import (
    BASE,
    DIMENSIONS,
    MAX_ROWS,
    PEOPLE,
    Adapter,
    Listing,
    Unsupported,
    attributed,
    cost_of,
    nobody,
    reader,
    span_params,
    usage_of,
)
from usageline.usage.org import records
from usageline.usage.org.amounts import read_cents
from usageline.usage.org.merge import Coverage
from usageline.usage.org.records import Malformed, Money, Record, Who
from usageline.usage.org.spans import DAY, Span
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from usageline.sources.org.adapter import Attribute, Read, Row

BETA = "analytics-usage-cost-2026-08-24"
COST, USAGE = f"{BASE}/analytics/cost", f"{BASE}/analytics/usage"
CLAUDE_CODE = f"{BASE}/usage_report/claude_code"
MESSAGES = f"{BASE}/usage_report/messages"
COST_REPORT = f"{BASE}/cost_report"
ANALYTICS = f"{BASE}/analytics"
MAX_BUCKETS = 31
CLAUDE_CODE_ONLY = (
    "this report has Claude Code alone, with estimates instead of the invoice, and may lack people "
    "who sign in by subscription"
)


class Analytics(Adapter):
    """The Usage and Cost Analytics API."""

    name = "analytics"
    label = "usage and cost analytics"
    shows = "cost and tokens, by all of --by"
    derives_rest = False

    def listings(self, by: str, span: Span, *, daily: bool) -> list[Listing]:
        """Return cost and usage, each grouped and as a total."""
        limit = ("limit", str(MAX_ROWS))
        whole = (*span_params(span), *([("time_bucket_width", "1d")] if daily else []))
        grouped = (*whole, *(("group_by[]", name) for name in DIMENSIONS[by]), limit)
        total = (*whole, limit) if daily else whole
        return [
            Listing(path, params, reader(rows, read, who, daily=daily), BETA, is_total)
            for path, rows, read in ((COST, _costs, cost_of), (USAGE, _usages, usage_of))
            for params, who, is_total in ((grouped, attributed(by), False), (total, nobody, True))
        ]

    def probe(self, today: date) -> Listing:
        """Return the total of today."""
        params = (*span_params(Span(today, today + DAY)), ("limit", "1"))
        return Listing(COST, params, reader(_costs, cost_of, nobody, daily=False), BETA, True)


class AdminReports(Adapter):
    """`usage_report/claude_code` by person, `usage_report/messages` and `cost_report` otherwise."""

    name = "admin-reports"
    label = "older reports of the Admin API"
    shows = "Claude Code by person"
    is_estimate = True
    _VIEWS = ("person", "actor-type", "model", "day", "workspace", "key")

    def coverage(self, by: str) -> Coverage:
        """Return which numbers a report has: no list prices, and no count of requests."""
        return Coverage(by != "key", list_cost=False, requests=False, cache_kinds=by not in PEOPLE)

    def remarks(self, by: str) -> tuple[str, ...]:
        """Return what is missing."""
        if by in PEOPLE:
            return (CLAUDE_CODE_ONLY,)
        return ("the cost lacks Priority Tier",) if by != "key" else ("there is no cost by key",)

    def listings(self, by: str, span: Span, *, daily: bool) -> list[Listing]:
        """Return the listings for a span."""
        if by in PEOPLE:
            return [self._claude_code(by, day, daily=daily) for day in span.days()]
        if by not in self._VIEWS:
            raise Unsupported(by, self._VIEWS)
        who = attributed(by)
        listings = _in_buckets(MESSAGES, usage_of, who, span, DIMENSIONS[by], daily=daily)
        if by != "key":
            detailed = ("workspace_id", "description")
            listings += _in_buckets(COST_REPORT, cost_of, who, span, detailed, daily=daily)
        return listings

    def probe(self, today: date) -> Listing:
        """Return yesterday's report."""
        return self._claude_code("person", today - DAY, daily=False)

    def _claude_code(self, by: str, day: date, *, daily: bool) -> Listing:
        params = (("starting_at", day.isoformat()), ("limit", str(MAX_ROWS)))
        name = day.isoformat() if daily else ""
        return Listing(CLAUDE_CODE, params, lambda page: _claude_code_rows(page, by, name))


class EnterpriseReports(Adapter):
    """`analytics/user_cost_report` and `user_usage_report` by person, the others in buckets."""

    name = "enterprise-reports"
    label = "older reports of Enterprise"
    shows = "cost and tokens by person"
    _VIEWS = ("person", "actor-type", "model", "day", "product", "group")

    def listings(self, by: str, span: Span, *, daily: bool) -> list[Listing]:
        """Return the listings for a span."""
        if by not in self._VIEWS:
            raise Unsupported(by, self._VIEWS)
        who, fields = (nobody, ()) if by in PEOPLE else (attributed(by), DIMENSIONS[by])
        reports = [
            _in_buckets(f"{ANALYTICS}/{name}", read, who, span, fields, daily=daily)
            for name, read in (("cost_report", cost_of), ("usage_report", usage_of))
        ]
        if by not in PEOPLE:
            return [listing for report in reports for listing in report]
        params = (
            *span_params(span),
            *([("bucket_width", "1d")] if daily else []),
            ("group_by[]", "model"),
            ("limit", str(MAX_ROWS)),
        )
        people = [
            Listing(
                f"{ANALYTICS}/{name}",
                params,
                reader(_flat, read, lambda row: _actor(row, by), daily=daily),
            )
            for name, read in (("user_cost_report", cost_of), ("user_usage_report", usage_of))
        ]
        return [*people, *(total for _, total in reports)]

    def probe(self, today: date) -> Listing:
        """Return the total of today."""
        params = (*span_params(Span(today, today + DAY)), ("bucket_width", "1d"), ("limit", "1"))
        read = reader(_buckets, cost_of, nobody, daily=False)
        return Listing(f"{ANALYTICS}/cost_report", params, read, is_total=True)


def _rows(page: Row, part: str) -> Iterator[tuple[object, Row, Row]]:
    """Yield the start, the group and the numbers of each row."""
    for row in records.rows(page):
        numbers = row.get(part)
        if not isinstance(numbers, dict):
            raise Malformed(f"a row has no {part}")
        yield row.get("starting_at"), mapping(row.get("group")), numbers


_costs, _usages = partial(_rows, part="cost"), partial(_rows, part="usage")


def _in_buckets(  # noqa: PLR0913 - all of them decide
    path: str, read: Read, who: Attribute, span: Span, fields: Sequence[str], *, daily: bool
) -> list[Listing]:
    """Return a report in buckets, grouped by `fields`, and its total."""
    buckets = (*span_params(span), ("bucket_width", "1d"))
    limit = ("limit", str(MAX_BUCKETS))
    grouped = (*buckets, *(("group_by[]", name) for name in fields), limit)
    return [
        Listing(path, grouped, reader(_buckets, read, who, daily=daily)),
        Listing(
            path, (*buckets, limit), reader(_buckets, read, nobody, daily=daily), is_total=True
        ),
    ]


def _buckets(page: Row) -> Iterator[tuple[object, Row, Row]]:
    """Yield the rows of a report in buckets."""
    for bucket in records.rows(page):
        results = bucket.get("results")
        if not isinstance(results, list):
            raise Malformed("a bucket has no results")
        for row in map(mapping, results):
            yield bucket.get("starting_at"), row, row


def _flat(page: Row) -> Iterator[tuple[object, Row, Row]]:
    """Yield the rows of a report by person."""
    for row in records.rows(page):
        yield row.get("starting_at"), row, row


def _claude_code_rows(page: Row, by: str, day: str) -> Iterator[Record]:
    """Yield a record for each model of a row. One person has a row for each terminal.

    The report does not tell the two kinds of cache writes apart: they are one sum here.
    """
    for row in records.rows(page):
        who = _actor(row, by)
        breakdown = row.get("model_breakdown")
        for entry in breakdown if isinstance(breakdown, list) else []:
            part = mapping(entry)
            used, cost = mapping(part.get("tokens")), mapping(part.get("estimated_cost"))
            amount = read_cents(cost.get("amount", 0))
            if amount is None:
                raise Malformed("an estimated cost is not a number")
            yield Record(
                day,
                who,
                records.text(part.get("model")),
                Money(amount, None, records.text(cost.get("currency")) or "USD"),
                (
                    records.count(used.get("input")),
                    records.count(used.get("output")),
                    records.count(used.get("cache_read")),
                    records.count(used.get("cache_creation")),
                    0,
                ),
            )


def _actor(row: Row, by: str) -> Who | None:
    if by == "person":
        return records.actor(row.get("actor"))
    kind = records.text(mapping(row.get("actor")).get("type"))
    return None if kind is None else Who(kind, id_field=True)
