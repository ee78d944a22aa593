"""Define what an adapter is: the requests for a report, and how to read their answers.

An adapter knows one family of endpoints. `sources/org/analytics.py` is the one to use;
`legacy.py` has those for organizations that do not have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from usageline.sources.org.errors import OrgFailure
from usageline.usage.org import records
from usageline.usage.org.records import Who
from usageline.usage.org.spans import midnight, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from usageline.usage.org.merge import Coverage
    from usageline.usage.org.records import Record
    from usageline.usage.org.spans import Span

BASE = "/v1/organizations"
MAX_ROWS = 1000
MAX_BUCKETS = 31
PRODUCT_TWINS = {"claude-tag": "claude_tag"}
"""Two names of one product."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing of pages. `is_total`: it has the totals, and not the rows of a report."""

    path: str
    params: tuple[tuple[str, str], ...]
    read: Callable[[Mapping[str, Any]], Iterable[Record]]
    beta: str = ""
    is_total: bool = False

    @property
    def key(self) -> str:
        """Return what distinguishes this listing from others."""
        return "&".join([self.path, *(f"{name}={value}" for name, value in self.params)])


class Adapter(Protocol):
    """A family of endpoints."""

    @property
    def name(self) -> str:
        """Return its name, which is remembered."""

    @property
    def label(self) -> str:
        """Return its name for people."""

    @property
    def is_estimate(self) -> bool:
        """Return whether its costs are estimates."""

    @property
    def derives_rest(self) -> bool:
        """Return whether the rows lack what belongs to none of them."""

    def coverage(self, by: str) -> Coverage:
        """Return which numbers a report has."""

    def listings(self, by: str, span: Span, *, daily: bool, today: date) -> Sequence[Listing]:
        """Return the listings for a span, `daily` with a record for each day.

        Raise Unsupported if there is no such report.
        """

    def remarks(self, by: str) -> Sequence[str]:
        """Return what a reader of the report must know."""

    def probe(self, today: date) -> Listing:
        """Return a small listing that shows whether the endpoints are there."""


def span_params(span: Span) -> list[tuple[str, str]]:
    """Return the parameters of a span."""
    return [
        ("starting_at", stamp(midnight(span.since))),
        ("ending_at", stamp(midnight(span.until))),
    ]


def nobody(_row: Mapping[str, Any]) -> None:
    """Attribute a row to nothing, as that of a total."""


def by_field(field: str) -> Callable[[Mapping[str, Any]], Who | None]:
    """Return what attributes a row to the value of a field."""

    def named(row: Mapping[str, Any]) -> Who | None:
        key = records.text(row.get(field))
        if key is None:
            return None
        return Who(PRODUCT_TWINS.get(key, key) if field == "product" else key, id_field=True)

    return named


class Unsupported(OrgFailure):
    """An adapter has no report of this kind."""


def unsupported(by: str, views: Iterable[str]) -> Unsupported:
    """Return the failure for a report that an adapter does not have."""
    return Unsupported(
        f"the older reports, which are all that this organization has, are not by {by}: use --by "
        + ", ".join(views)
    )
