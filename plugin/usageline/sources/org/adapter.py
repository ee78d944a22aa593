"""Define what an adapter is: the requests for a report, and how to read their answers.

An adapter knows one family of endpoints. `sources/org/adapters.py` has all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.sources.org.errors import OrgFailure
from usageline.usage.org import records
from usageline.usage.org.merge import Coverage
from usageline.usage.org.records import Record, Who
from usageline.usage.org.spans import midnight, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from usageline.usage.org.spans import Span

    Row = Mapping[str, Any]
    Attribute = Callable[[Row], Who | None]
    Read = Callable[[str, Who | None, str | None, Row], Record]
    ReadPage = Callable[[Row], Iterable[Record]]

BASE = "/v1/organizations"
MAX_ROWS = 1000
PEOPLE = frozenset({"person", "actor-type"})
"""The views of actors; the older reports have endpoints of their own for them."""

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
"""What the rows of each view are grouped by. A day is a bucket."""

PRODUCT_TWINS = {"claude-tag": "claude_tag"}
"""Two names of one product."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing of pages. `is_total`: it has the totals, and not the rows of a report."""

    path: str
    params: tuple[tuple[str, str], ...]
    read: ReadPage
    beta: str = ""
    is_total: bool = False

    @property
    def key(self) -> str:
        """Return what distinguishes this listing from others."""
        return "&".join([self.path, *(f"{name}={value}" for name, value in self.params)])


class Adapter(ABC):
    """A family of endpoints.

    name          its name, which is remembered; `label` is for people, `shows` what it has
    is_estimate   whether the costs by person are estimates
    derives_rest  whether the rows lack what belongs to none of them
    """

    name: str
    label: str
    shows: str
    is_estimate = False
    derives_rest = True

    def coverage(self, by: str) -> Coverage:  # noqa: ARG002 - most reports have everything
        """Return which numbers a report has."""
        return Coverage()

    def remarks(self, by: str) -> tuple[str, ...]:  # noqa: ARG002 - most reports need none
        """Return what a reader of the report must know."""
        return ()

    @abstractmethod
    def listings(self, by: str, span: Span, *, daily: bool) -> Sequence[Listing]:
        """Return the listings for a span, `daily` with a record for each day.

        Raise Unsupported if there is no such report.
        """

    @abstractmethod
    def probe(self, today: date) -> Listing:
        """Return a small listing that shows whether the endpoints are there."""


class Unsupported(OrgFailure):
    """An adapter has no report of this kind."""

    def __init__(self, by: str, views: Iterable[str]) -> None:
        super().__init__(
            f"the older reports, which are all that this organization has, are not by {by}: use "
            f"--by {', '.join(views)}"
        )


def span_params(span: Span) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a span."""
    return (
        ("starting_at", stamp(midnight(span.since))),
        ("ending_at", stamp(midnight(span.until))),
    )


def nobody(_row: Row) -> None:
    """Attribute a row to nothing, as that of a total."""


def attributed(by: str) -> Attribute:
    """Return what attributes a row of a view to the value of its first dimension."""
    field = DIMENSIONS[by][0]

    def named(row: Row) -> Who | None:
        key = records.text(row.get(field))
        if key is None:
            return None
        return Who(PRODUCT_TWINS.get(key, key) if field == "product" else key, id_field=True)

    if by == "person":
        return lambda row: records.actor(row.get("actor"))
    return nobody if by == "day" else named


def reader(
    rows: Callable[[Row], Iterator[tuple[object, Row, Row]]],
    read: Read,
    who: Attribute,
    *,
    daily: bool,
) -> ReadPage:
    """Return what reads a page. `rows` yields the start of each row, its names and its numbers."""

    def read_page(page: Row) -> Iterator[Record]:
        for start, names, numbers in rows(page):
            day = records.day_of(start) if daily else ""
            yield read(day, who(names), records.text(names.get("model")), numbers)

    return read_page


def cost_of(day: str, who: Who | None, model: str | None, cost: Row) -> Record:
    """Return the record of a cost."""
    money = records.money(cost.get("amount"), cost.get("list_amount"), cost.get("currency"))
    return Record(day, who, model, money)


def usage_of(day: str, who: Who | None, model: str | None, usage: Row) -> Record:
    """Return the record of tokens and requests."""
    requests = records.optional_count(usage.get("requests"))
    return Record(day, who, model, None, records.tokens(usage), requests)
