"""Spend limits as JSON and CSV with exact amounts, the JSON Schema, and rate limits as JSON."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from usageline.cli.json_schema import TEXT, UTC, UTC_OR_NULL, document, json_object
from usageline.cli.org.export import amount
from usageline.cli.output import csv_table, data_time
from usageline.usage.org import limits as spend_limits
from usageline.usage.org.limits import NEAR_PERCENT, SPENT_STATES, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.org.limits import IncreaseRequest, LimitsReport, SpendLimit
    from usageline.usage.org.settings import RateLimit

VERSION = 1
PERCENT_STEP = Decimal("0.01")
AMOUNT = {"type": ["string", "null"], "pattern": r"^[0-9]+\.[0-9]{6,}$"}

HOLDER: dict[str, Any] = {
    "key": {"type": "string", "description": "the id of the holder, empty without one"},
    "kind": {"type": "string", "description": "user, workspace, organization, or a new word"},
    "name": TEXT,
    "email": TEXT,
    "deleted": {"type": "boolean"},
}
LIMIT: dict[str, Any] = {
    **HOLDER,
    "period": {"type": "string", "description": "daily, weekly, monthly, or a new word"},
    "limit": {**AMOUNT, "description": "in whole units of the currency; null unless it is known"},
    "limit_state": {
        "type": "string",
        "enum": list(STATES),
        "description": "none: no limit; plan-only: nothing beyond the plan; blocked: a gateway's 0",
    },
    "spent": {**AMOUNT, "description": "in this period; null if it is not reported"},
    "spent_state": {
        "type": "string",
        "enum": list(SPENT_STATES),
        "description": "the service also reports 0 if it cannot read the spending",
    },
    "percent": {"type": ["string", "null"], "pattern": r"^[0-9]+\.[0-9]{2}$"},
    "near": {"type": "boolean", "description": f"used to {NEAR_PERCENT}% or more, or blocked"},
    "resets_at": {
        **UTC_OR_NULL,
        "description": "end of the period; null if the period is not known",
    },
    "currency": {"type": "string", "pattern": "^[A-Z]{3,4}$"},
    "source": {"type": "string", "description": "where the limit is set, such as seat_tier: NAME"},
    "groups": {"type": "array", "items": {"type": "string"}},
    "enabled": {"type": "boolean", "description": "false if the limit is switched off"},
}


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
    return csv_table([*LIMIT], ({**one, "groups": "; ".join(one["groups"])} for one in rows))


def schema() -> dict[str, Any]:
    """Return the schema. Later versions may add keys."""
    limit = json_object(LIMIT)
    request = json_object(
        {
            "id": {"type": "string"},
            **HOLDER,
            "period": {"type": "string"},
            "status": {"type": "string", "description": "pending, or a new word"},
            "asked_at": UTC_OR_NULL,
            "now": {
                **limit,
                "type": ["object", "null"],
                "description": "the limit at present, null if it is not known",
            },
        }
    )
    return document(
        "usageline org limits --json",
        {
            "version": {"type": "integer", "const": VERSION},
            "at": UTC,
            "limits": {
                "type": "array",
                "items": limit,
                "description": "those that are nearly reached first",
            },
            "requests": {
                "type": ["array", "null"],
                "items": request,
                "description": "pending requests for a higher limit; null if none can be read",
            },
        },
    )


def rate_limits_as_json(limits: Sequence[RateLimit], workspace: str | None) -> str:
    """Return an object with a row for each limit."""
    rows = [
        {
            "group": limit.group,
            "group_type": limit.group_type,
            "models": list(limit.models),
            "type": limit.kind,
            "value": limit.value,
            "organization": limit.whole,
            "source": limit.source or None,
        }
        for limit in limits
    ]
    return json.dumps({"version": VERSION, "workspace": workspace, "rate_limits": rows})


def row(limit: SpendLimit, now: float) -> dict[str, Any]:
    """Return one limit. Amounts are decimal texts in major units, such as dollars."""
    percent = limit.percent
    return {
        **{name: getattr(limit.holder, name) for name in HOLDER},
        "period": limit.period,
        "limit": amount(limit.limit),
        "limit_state": limit.state,
        "spent": amount(limit.spent),
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
        **{name: getattr(request.holder, name) for name in HOLDER},
        "period": request.period,
        "status": request.status,
        "asked_at": data_time(request.asked_at),
        "now": row(summary, now) if summary else None,
    }
