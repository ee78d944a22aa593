"""The spend limits as JSON and CSV, with exact amounts."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from usageline.cli.output import csv_table, data_time
from usageline.usage.org import limits as spend_limits
from usageline.usage.org.amounts import plain

if TYPE_CHECKING:
    from usageline.usage.org.limits import Holder, IncreaseRequest, LimitsReport, SpendLimit

VERSION = 1
PERCENT_STEP = Decimal("0.01")
COLUMNS = (
    *("key", "kind", "name", "email", "deleted", "period", "limit", "limit_state"),
    *("spent", "spent_state", "percent", "near", "resets_at", "currency", "source"),
    *("groups", "enabled"),
)


def as_json(report: LimitsReport, top: int | None = None) -> str:
    """Return the documented object, with the first `top` limits."""
    requests = report.requests
    return json.dumps(
        {
            "version": VERSION,
            "at": data_time(int(report.at)),
            "limits": [row(limit, report.at) for limit in report.limits[:top]],
            "requests": None
            if requests is None
            else [_request(one, report.at) for one in requests],
        }
    )


def as_csv(report: LimitsReport, top: int | None = None) -> str:
    """Return a line for each limit, below a line of names."""
    rows = (row(limit, report.at) for limit in report.limits[:top])
    return csv_table(COLUMNS, ({**one, "groups": "; ".join(one["groups"])} for one in rows))


def row(limit: SpendLimit, now: float) -> dict[str, Any]:
    """Return one limit. Amounts are decimal texts in major units, such as dollars."""
    percent = limit.percent
    return {
        **_holder(limit.holder),
        "period": limit.period,
        "limit": _amount(limit.limit),
        "limit_state": limit.state,
        "spent": _amount(limit.spent),
        "spent_state": limit.spent_state,
        "percent": None
        if percent is None
        else f"{percent.quantize(PERCENT_STEP, rounding=ROUND_HALF_UP):f}",
        "near": limit.is_near,
        "resets_at": data_time(spend_limits.resets_at(limit.period, now)),
        "currency": limit.currency,
        "source": limit.source,
        "groups": list(limit.groups),
        "enabled": limit.enabled,
    }


def _request(request: IncreaseRequest, now: float) -> dict[str, Any]:
    summary = request.summary
    return {
        "id": request.key,
        **_holder(request.holder),
        "period": request.period,
        "status": request.status,
        "asked_at": data_time(request.asked_at),
        "now": row(summary, now) if summary else None,
    }


def _holder(holder: Holder) -> dict[str, Any]:
    return {
        "key": holder.key,
        "kind": holder.kind,
        "name": holder.name,
        "email": holder.email,
        "deleted": holder.deleted,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
