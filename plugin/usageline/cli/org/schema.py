"""The JSON Schema of what `usageline org --json` prints."""

from __future__ import annotations

from typing import Any

from usageline.cli.json_schema import DIALECT
from usageline.cli.org.export import COUNTS, VERSION

AMOUNT = {"type": ["string", "null"], "pattern": r"^-?[0-9]+\.[0-9]{6,}$"}
COUNT = {"type": ["integer", "null"], "minimum": 0}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
TEXT = {"type": ["string", "null"]}

SUMS: dict[str, Any] = {
    "cost": {**AMOUNT, "description": "after discount, before credits; null if not reported"},
    "list_cost": {**AMOUNT, "description": "before discount; null if not reported"},
    **dict.fromkeys(COUNTS, COUNT),
    "models": {
        "type": "object",
        "description": "the cost of each model",
        "additionalProperties": {**AMOUNT, "type": "string"},
    },
}
ROW: dict[str, Any] = {
    "key": {"type": "string", "description": "what the row stands for: an id, a model, a day"},
    "name": TEXT,
    "email": TEXT,
    **SUMS,
}


def schema() -> dict[str, Any]:
    """Return the schema."""
    sums = _object(SUMS)
    return {
        "$schema": DIALECT,
        "title": "usageline org --json",
        **_object(
            {
                "version": {"const": VERSION},
                "from": {**TIME, "description": "begin, in UTC"},
                "to": {**TIME, "description": "end, exclusive, in UTC"},
                "refreshed_at": {
                    **TIME,
                    "type": ["string", "null"],
                    "description": "up to when the service had data; the last 30 days may change",
                },
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                "rows": {"type": "array", "items": _object(ROW)},
                "unattributed": {
                    "anyOf": [sums, {"type": "null"}],
                    "description": "what belongs to no row",
                },
                "total": {**sums, "description": "the service's own total if it has one"},
                "adds_up": {
                    "type": "boolean",
                    "description": "the rows and unattributed are exactly the total",
                },
            }
        ),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
