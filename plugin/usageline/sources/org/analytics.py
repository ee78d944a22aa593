"""The Usage and Cost Analytics API (beta since 2026-10-29), for Console and Enterprise alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from usageline.sources.org.adapter import BASE, MAX_ROWS, Listing, by_field, nobody, span_params
from usageline.usage.org import records
from usageline.usage.org.merge import Coverage
from usageline.usage.org.records import Malformed, Record, Who
from usageline.usage.org.spans import DAY, Span
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

BETA = "analytics-usage-cost-2026-08-24"
COST, USAGE = f"{BASE}/analytics/cost", f"{BASE}/analytics/usage"

DIMENSIONS = {
    "person": ("actor", "model"),
    "model": ("model",),
    "day": ("model",),
    "product": ("product", "model"),
    "workspace": ("workspace_id", "model"),
    "group": ("rbac_group_id", "model"),
    "key": ("api_key_id", "model"),
    "actor-type": ("actor_type", "model"),
}


class Analytics:
    """The adapter."""

    name = "analytics"
    label = "usage and cost analytics"
    is_estimate = False
    derives_rest = False

    def coverage(self, by: str) -> Coverage:  # noqa: ARG002 - all reports have everything
        """Return which numbers a report has."""
        return Coverage()

    def listings(
        self,
        by: str,
        span: Span,
        *,
        daily: bool,
        today: date,  # noqa: ARG002 - the end of a span may be in the future
    ) -> list[Listing]:
        """Return cost and usage, each grouped and as a total."""
        dimensions = DIMENSIONS[by]
        buckets = [("time_bucket_width", "1d")] if daily else []
        grouped = [
            *span_params(span),
            *buckets,
            *(("group_by[]", name) for name in dimensions),
            ("limit", str(MAX_ROWS)),
        ]
        whole = [*span_params(span), *buckets, *([("limit", str(MAX_ROWS))] if daily else [])]
        return [
            Listing(path, tuple(params), _reader(read, who, daily=daily), BETA, is_total)
            for path, read in ((COST, _cost), (USAGE, _usage))
            for params, who, is_total in (
                (grouped, _who(by), False),
                (whole, nobody, True),
            )
        ]

    def remarks(self, by: str) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Return no remarks."""
        return ()

    def probe(self, today: date) -> Listing:
        """Return the total of today."""
        params = (*span_params(Span(today, today + DAY)), ("limit", "1"))
        return Listing(COST, params, _reader(_cost, nobody, daily=False), BETA, is_total=True)


def _reader(
    read: Callable[[str, Who | None, str | None, Mapping[str, Any]], Record],
    who: Callable[[Mapping[str, Any]], Who | None],
    *,
    daily: bool,
) -> Callable[[Mapping[str, Any]], Iterator[Record]]:
    def read_page(page: Mapping[str, Any]) -> Iterator[Record]:
        for row in records.rows(page):
            group = mapping(row.get("group"))
            day = records.day_of(row.get("starting_at")) if daily else ""
            yield read(day, who(group), records.text(group.get("model")), row)

    return read_page


def _cost(day: str, who: Who | None, model: str | None, row: Mapping[str, Any]) -> Record:
    cost = row.get("cost")
    if not isinstance(cost, dict):
        raise Malformed("a row has no cost")
    amounts = records.money(cost.get("amount"), cost.get("list_amount"), cost.get("currency"))
    return Record(day, who, model, amounts)


def _usage(day: str, who: Who | None, model: str | None, row: Mapping[str, Any]) -> Record:
    usage = row.get("usage")
    if not isinstance(usage, dict):
        raise Malformed("a row has no usage")
    return Record(
        day, who, model, None, records.tokens(usage), records.optional_count(usage.get("requests"))
    )


def _who(by: str) -> Callable[[Mapping[str, Any]], Who | None]:
    if by == "person":
        return lambda group: records.actor(group.get("actor"))
    return nobody if by == "day" else by_field(DIMENSIONS[by][0])
