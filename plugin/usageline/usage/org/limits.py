"""Read an organization's spend limits and the requests for higher ones. Pure.

Amounts are exact decimals in major units, such as dollars. Three things are kept apart: no limit
(`null`), no spending beyond the plan (`"0"`), and a value that cannot be read. Scopes, periods and
actors are open sets: an unknown one is a row under the service's own name. Texts come from the
service: sanitize them at output.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from usageline.core.windows import MAX_PERCENT
from usageline.usage.money import WITHOUT_DECIMALS, currency_code
from usageline.usage.org.amounts import EXACT, read_decimal
from usageline.usage.org.records import Who
from usageline.usage.org.spans import DAY, midnight
from usageline.usage.values import Body, epoch, flag, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable

STATES = ("limited", "none", "plan-only", "blocked", "unreadable")
LIMITED, UNLIMITED, PLAN_ONLY, BLOCKED, UNREADABLE = STATES
"""What a limit is. A zero lets a member use the plan alone. At a gateway it blocks everything."""

KNOWN, ZERO = "known", "zero-or-unreadable"
SPENT_STATES = (KNOWN, ZERO, UNREADABLE)
"""What is known of the spending. The service also reports 0 if it cannot read it."""

WORKSPACE = "workspace"
NEAR_PERCENT = 80
"""From here on a limit is shown first."""

MAX_NAME = 200
MAX_GROUPS = 50
ACTOR_IDS = ("user_id", "scoped_api_key_id", "service_account_id", "api_key_id", "id")
SCOPE_IDS = ("user_id", "workspace_id", "rbac_group_id", "seat_tier", "service")
"""The keys that name what a scope is about; an unknown scope may have none of them."""


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """One limit of one period. `limit` and `spent` are amounts, None if there is none.

    `source` is where the service took the limit from, such as `seat_tier: enterprise_standard`.
    """

    holder: Who
    period: str
    state: str
    limit: Decimal | None
    spent_state: str
    spent: Decimal | None
    currency: str
    source: str = ""
    groups: tuple[str, ...] = ()
    enabled: bool = True

    @property
    def percent(self) -> Decimal | None:
        """Return the percentage that is spent, None unless limit and spending are known."""
        if self.limit is None or self.spent is None or self.state != LIMITED:
            return None
        return min(max(self.spent, Decimal(0)) * 100 / self.limit, Decimal(MAX_PERCENT))

    @property
    def is_near(self) -> bool:
        """Return whether the holder will be stopped soon, or is stopped."""
        if not self.enabled:
            return False
        return self.state == BLOCKED or (self.percent or 0) >= NEAR_PERCENT


@dataclass(frozen=True, slots=True)
class IncreaseRequest:
    """A member's request for a higher limit. `summary` is the limit now, None if it is unknown.

    `asked_at` is in epoch seconds, None if it cannot be read.
    """

    key: str
    holder: Who
    period: str
    status: str
    asked_at: int | None
    summary: SpendLimit | None


@dataclass(frozen=True, slots=True)
class LimitsReport:
    """The limits of an organization at one time (epoch seconds), the nearly reached ones first.

    `requests` is None if they cannot be read. `remarks` are sentences that belong below the table.
    """

    limits: tuple[SpendLimit, ...]
    requests: tuple[IncreaseRequest, ...] | None
    at: float
    remarks: tuple[str, ...] = ()


def read_limits(rows: Iterable[object]) -> list[SpendLimit]:
    """Return the limits of the rows of `spend_limits/effective` or `spend_limits`, in order.

    A row that comes again is left out: rows move between pages if others are added meanwhile.
    """
    return list(dict.fromkeys(_limit(row) for row in rows if isinstance(row, dict)))


def read_requests(rows: Iterable[object]) -> list[IncreaseRequest]:
    """Return the increase requests of their rows, in order, each once."""
    requests = (
        IncreaseRequest(
            text(row.get("id"), MAX_NAME) or "",
            _actor(mapping(row.get("actor")), {}),
            text(row.get("period")) or "",
            text(row.get("status")) or "",
            epoch(row.get("created_at")),
            _limit(row["spend_summary"]) if isinstance(row.get("spend_summary"), dict) else None,
        )
        for row in rows
        if isinstance(row, dict)
    )
    return list(dict.fromkeys(requests))


def in_order(limits: Iterable[SpendLimit]) -> list[SpendLimit]:
    """Return those that are nearly reached first, then unreadable ones, then the others."""
    return sorted(limits, key=_rank)


def _rank(limit: SpendLimit) -> tuple[object, ...]:
    place = 0 if limit.is_near else 1 if limit.state == UNREADABLE else 2
    last = {LIMITED: 0, BLOCKED: 0, PLAN_ONLY: 2}.get(limit.state, 1)
    return (
        place,
        last if place else 0,
        -(limit.percent if limit.percent is not None else Decimal(-1)),
        -(limit.spent or Decimal(0)),
        (limit.holder.name or limit.holder.key).casefold(),
        limit.holder.key,
        limit.period,
    )


def resets_at(period: str, now: float) -> int | None:
    """Return when the period of now ends in epoch seconds, None if the period is unknown."""
    bounds = bounds_of(period, now)
    return int(bounds[1].timestamp()) if bounds else None


def bounds_of(period: str, now: float) -> tuple[datetime, datetime] | None:
    """Return when the period of now began and when it ends, None if the period is unknown.

    Periods are those of the UTC calendar; a week begins on Monday.
    """
    day = midnight(datetime.fromtimestamp(now, timezone.utc))
    week, month = day - day.weekday() * DAY, day.replace(day=1)
    bounds = {
        "daily": (day, day + DAY),
        "weekly": (week, week + 7 * DAY),
        "monthly": (month, (month + 31 * DAY).replace(day=1)),
    }
    return bounds.get(period)


def _limit(row: Body) -> SpendLimit:
    groups = row.get("groups")
    currency = currency_code(row.get("currency"))
    limit = _amount(row.get("amount"), currency)
    if limit is not None and limit < 0:
        limit = None
    # Only a member's row has the spending. A limit that is configured has none.
    spent = _amount(row.get("period_to_date_spend"), currency)
    scope = mapping(row.get("scope"))
    # A gateway and a workspace have no plan that a member could go on with.
    is_blocking = isinstance(groups, list) or scope.get("type") == WORKSPACE
    return SpendLimit(
        _actor(mapping(row.get("actor")), scope),
        text(row.get("period")) or "",
        _state(row, limit, is_blocking=is_blocking),
        limit,
        UNREADABLE if spent is None else KNOWN if spent else ZERO,
        spent,
        currency,
        _scope_text(mapping(row.get("source"))),
        tuple(filter(None, map(text, groups[:MAX_GROUPS]))) if isinstance(groups, list) else (),
        row.get("is_enabled") is not False,
    )


def _amount(value: object, currency: str) -> Decimal | None:
    """Return an amount of minor units in major units, None if it cannot be read.

    A spending is negative after a refund.
    """
    minor = read_decimal(value)
    if minor is None or currency in WITHOUT_DECIMALS:
        return minor
    return minor.scaleb(-2, EXACT)


def _state(row: Body, limit: Decimal | None, *, is_blocking: bool) -> str:
    if limit is None:
        return UNLIMITED if "amount" in row and row["amount"] is None else UNREADABLE
    if limit:
        return LIMITED
    return BLOCKED if is_blocking else PLAN_ONLY


def _actor(actor: Body, scope: Body) -> Who:
    """Return whom a row is about: its actor, or without one its scope.

    The kind is `user` or the service's word for another scope or actor, the key "" without an id.
    """
    if not actor:
        kind = text(scope.get("type")) or "unknown"
        return Who(_first(scope, SCOPE_IDS), kind, id_field=True)
    kind = (text(actor.get("type")) or "unknown").removesuffix("_actor")
    return Who(
        _first(actor, ACTOR_IDS) or _first(scope, SCOPE_IDS),
        kind,
        text(actor.get("name"), MAX_NAME),
        _first(actor, ("email_address", "email")) or None,
        flag(actor.get("deleted")),
        id_field=True,
    )


def _first(body: Body, names: tuple[str, ...]) -> str:
    """Return the first text of these names, "" without one."""
    return next((one for name in names if (one := text(body.get(name), MAX_NAME))), "")


def _scope_text(scope: Body) -> str:
    """Return `seat_tier: enterprise_standard`, `organization`, or ""."""
    kind = text(scope.get("type")) or ""
    key = _first(scope, SCOPE_IDS)
    return f"{kind}: {key}" if kind and key and kind != "user" else kind
