"""The spend limits as JSON and CSV, with exact amounts."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from usageline.cli.formatting import csv_cell
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
            "at": utc(int(report.at)),
            "limits": [row(limit, report.at) for limit in report.limits[:top]],
            "requests": None
            if requests is None
            else [_request(one, report.at) for one in requests],
        }
    )


def as_csv(report: LimitsReport, top: int | None = None) -> str:
    """Return a line for each limit, below a line of names."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for limit in report.limits[:top]:
        values = {**row(limit, report.at), "groups": "; ".join(limit.groups)}
        lines.writerow([_cell(values[name]) for name in COLUMNS])
    return text.getvalue()


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
        "resets_at": utc(spend_limits.resets_at(limit.period, now)),
        "currency": limit.currency,
        "source": limit.source,
        "groups": list(limit.groups),
        "enabled": limit.enabled,
    }


def utc(timestamp: int | None) -> str | None:
    """Return `2026-12-01T00:00:00Z`, None for None."""
    if timestamp is None:
        return None
    return datetime.fromtimestamp(timestamp, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _request(request: IncreaseRequest, now: float) -> dict[str, Any]:
    summary = request.summary
    return {
        "id": request.key,
        **_holder(request.holder),
        "period": request.period,
        "status": request.status,
        "asked_at": utc(request.asked_at),
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


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else ""
    return csv_cell(value) if isinstance(value, str) else value
