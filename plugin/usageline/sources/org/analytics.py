"""The Usage and Cost Analytics API (beta since 2026-10-29), for Console and Enterprise alike."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from usageline.sources.org.adapter import (
    BASE,
    DIMENSIONS,
    MAX_ROWS,
    Adapter,
    Listing,
    attributed,
    cost_of,
    nobody,
    reader,
    span_params,
    usage_of,
)
from usageline.usage.org import records
from usageline.usage.org.records import Malformed
from usageline.usage.org.spans import DAY, Span
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from usageline.sources.org.adapter import Attribute, Row

BETA = "analytics-usage-cost-2026-08-24"
COST, USAGE = f"{BASE}/analytics/cost", f"{BASE}/analytics/usage"


class Analytics(Adapter):
    """The adapter."""

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
            for params, who, is_total in ((grouped, _who(by), False), (total, nobody, True))
        ]

    def probe(self, today: date) -> Listing:
        """Return the total of today."""
        params = (*span_params(Span(today, today + DAY)), ("limit", "1"))
        return Listing(COST, params, reader(_costs, cost_of, nobody, daily=False), BETA, True)


def _rows(page: Row, part: str) -> Iterator[tuple[object, Row, Row]]:
    """Yield the start, the group and the numbers of each row."""
    for row in records.rows(page):
        numbers = row.get(part)
        if not isinstance(numbers, dict):
            raise Malformed(f"a row has no {part}")
        yield row.get("starting_at"), mapping(row.get("group")), numbers


_costs, _usages = partial(_rows, part="cost"), partial(_rows, part="usage")


def _who(by: str) -> Attribute:
    if by == "person":
        return lambda group: records.actor(group.get("actor"))
    return attributed(by)
