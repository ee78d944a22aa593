"""The JSON Schema of what `usageline org limits --json` prints."""

from __future__ import annotations

from typing import Any

from usageline.cli.json_schema import TEXT, UTC, UTC_OR_NULL, document, json_object
from usageline.cli.org.limits_export import VERSION
from usageline.usage.org.limits import NEAR_PERCENT, SPENT_STATES, STATES

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
    "near": {"type": "boolean", "description": f"used to {NEAR_PERCENT} % or more, or blocked"},
    "resets_at": {
        **UTC_OR_NULL,
        "description": "end of the period; null if the period is not known",
    },
    "currency": {"type": "string", "pattern": "^[A-Z]{3,4}$"},
    "source": {"type": "string", "description": "where the limit is set, such as seat_tier: NAME"},
    "groups": {"type": "array", "items": {"type": "string"}},
    "enabled": {"type": "boolean", "description": "false if the limit is switched off"},
}


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
