"""Write a report as JSON or CSV, and the JSON Schema of what `usageline org --json` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from usageline.cli.json_schema import COUNT, TEXT, UTC, UTC_OR_NULL, document, json_object
from usageline.cli.output import csv_table
from usageline.usage.org.amounts import plain
from usageline.usage.org.spans import stamp

if TYPE_CHECKING:
    from decimal import Decimal

    from usageline.usage.org.model import Report, Sums

VERSION = 1
COUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "requests")
UNSPLIT = "cache_write"
"""The key of all cache writes, if a report does not say which kind they are."""

UNATTRIBUTED = "unattributed"
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


def as_json(report: Report, top: int | None = None) -> str:
    """Return the documented object. `top` limits the rows, not the total."""
    return json.dumps(
        {
            "version": VERSION,
            "from": stamp(report.since),
            "to": stamp(report.until),
            "refreshed_at": None if report.refreshed_at is None else stamp(report.refreshed_at),
            "currency": report.currency,
            "rows": [
                {"key": row.key, "name": row.name, "email": row.email, **_values(row.sums)}
                for row in report.rows[:top]
            ],
            "unattributed": None if report.unattributed is None else _values(report.unattributed),
            "total": _values(report.total),
            "adds_up": report.adds_up,
        }
    )


def as_csv(report: Report, top: int | None = None) -> str:
    """Return a line for each row, below a line of names. The lines add up to the total."""
    counts = COUNTS if report.total.cache_write is None else (*COUNTS, UNSPLIT)
    entries = [(row.key, row.name, row.email, row.sums) for row in report.rows[:top]]
    if report.unattributed is not None:
        entries.append((UNATTRIBUTED, None, None, report.unattributed))
    names = (report.by, "name", "email", "cost", "list_cost", "currency", *counts)
    return csv_table(
        names,
        (
            {
                report.by: key,
                "name": name,
                "email": email,
                "currency": report.currency,
                **_values(sums),
            }
            for key, name, email, sums in entries
        ),
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema."""
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


def _values(sums: Sums) -> dict[str, Any]:
    return {
        "cost": amount(sums.cost),
        "list_cost": amount(sums.list_cost),
        **{name: getattr(sums, name) for name in COUNTS},
        **({} if sums.cache_write is None else {UNSPLIT: sums.cache_write}),
        "models": {model: plain(cost) for model, cost in sums.models.items()},
    }


def amount(value: Decimal | None) -> str | None:
    """Return an exact amount as JSON and CSV have it, None for None."""
    return None if value is None else plain(value)
