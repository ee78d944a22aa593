"""Define an organization's report; `limits` has the spend limits.

Money is in major units (dollars), exact. A number is None if no source reports it. Every text
comes from the service: sanitize it before it reaches a terminal, HTML or SVG.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

VIEWS = ("person", "model", "day", "product", "workspace", "group", "key", "actor-type")
"""What `usageline org --by` can group by."""

USER = "user"
SERVICE_ACCOUNT = "service account"
FEDERATED = "federated identity"
API_KEY = "API key"


@dataclass(frozen=True, slots=True)
class Sums:
    """Cost and tokens of one row.

    `cost` is after discount, `list_cost` before it. `models` has the cost of each model, as far as
    the source names one. `cache_write` has the cache writes if the source does not say for how
    long they are; then the two others are None.
    """

    cost: Decimal | None = None
    list_cost: Decimal | None = None
    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    requests: int | None = None
    models: Mapping[str, Decimal] = field(default_factory=dict)
    cache_write: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a report.

    key      what identifies it: an id, a model, a day as 2026-11-24
    kind     the kind of actor: a constant above, or the service's word; "" if not by person
    deleted  whether the person left
    """

    key: str
    sums: Sums
    kind: str = ""
    name: str | None = None
    email: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Who used what, from `since` to `until` (exclusive), both in UTC.

    by            one of `VIEWS`
    rows          by cost, highest first; by day in order
    unattributed  what belongs to no row, None if nothing does
    total         the service's own total, or the sum of the rows if it has none
    adds_up       whether the rows and `unattributed` are exactly `total`
    refreshed_at  up to when the service has data, None if it does not say so
    source        the name of the adapter: "analytics", or a legacy one
    is_estimate   the costs are Claude Code's estimates and not the invoice
    remarks       sentences that belong below the table
    """

    by: str
    since: datetime
    until: datetime
    currency: str = "USD"
    rows: tuple[Row, ...] = ()
    unattributed: Sums | None = None
    total: Sums = Sums()
    adds_up: bool = True
    refreshed_at: datetime | None = None
    source: str = "analytics"
    is_estimate: bool = False
    remarks: tuple[str, ...] = ()
