"""The JSON Schema of what `usageline org --json` prints."""

from __future__ import annotations

from typing import Any

from usageline.cli.json_schema import COUNT, TEXT, UTC, UTC_OR_NULL, document, json_object
from usageline.cli.org.export import COUNTS, UNSPLIT, VERSION

AMOUNT = {"type": ["string", "null"], "pattern": r"^-?[0-9]+\.[0-9]{6,}$"}

SUMS: dict[str, Any] = {
    "cost": {**AMOUNT, "description": "after discount, before credits; null if not reported"},
    "list_cost": {**AMOUNT, "description": "before discount; null if not reported"},
    **dict.fromkeys(COUNTS, COUNT),
    UNSPLIT: {**COUNT, "description": "instead of both kinds, if a report does not split them"},
    "models": {
        "type": "object",
        "description": "the cost of each model",
        "additionalProperties": {**AMOUNT, "type": "string"},
    },
}
OPTIONAL = (UNSPLIT,)
ROW: dict[str, Any] = {
    "key": {"type": "string", "description": "what the row stands for: an id, a model, a day"},
    "name": TEXT,
    "email": TEXT,
    **SUMS,
}


def schema() -> dict[str, Any]:
    """Return the schema."""
    sums = json_object(SUMS, optional=OPTIONAL)
    return document(
        "usageline org --json",
        {
            "version": {"const": VERSION},
            "from": {**UTC, "description": "begin, in UTC"},
            "to": {**UTC, "description": "end, exclusive, in UTC"},
            "refreshed_at": {
                **UTC_OR_NULL,
                "description": "up to when the service had data; the last 30 days may change",
            },
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "rows": {"type": "array", "items": json_object(ROW, optional=OPTIONAL)},
            "unattributed": {
                "anyOf": [sums, {"type": "null"}],
                "description": "what belongs to no row",
            },
            "total": {**sums, "description": "the service's own total if it has one"},
            "adds_up": {
                "type": "boolean",
                "description": "the rows and unattributed are exactly the total",
            },
        },
    )
