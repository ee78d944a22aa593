"""Write a report as JSON or CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
        },
        ensure_ascii=True,
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


def _values(sums: Sums) -> dict[str, Any]:
    return {
        "cost": _amount(sums.cost),
        "list_cost": _amount(sums.list_cost),
        **{name: getattr(sums, name) for name in COUNTS},
        **({} if sums.cache_write is None else {UNSPLIT: sums.cache_write}),
        "models": {model: plain(cost) for model, cost in sums.models.items()},
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
