"""Write a report as JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from usageline.cli.formatting import csv_cell
from usageline.usage.org.amounts import plain
from usageline.usage.org.spans import stamp

if TYPE_CHECKING:
    from decimal import Decimal

    from usageline.usage.org.model import Report, Sums

VERSION = 1
COUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "requests")
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
    output = io.StringIO()
    lines = csv.writer(output, lineterminator="\n")
    lines.writerow((report.by, "name", "email", "cost", "list_cost", "currency", *COUNTS))
    entries = [(row.key, row.name, row.email, row.sums) for row in report.rows[:top]]
    if report.unattributed is not None:
        entries.append((UNATTRIBUTED, None, None, report.unattributed))
    for key, name, email, sums in entries:
        values = _values(sums)
        lines.writerow(
            (
                csv_cell(key),
                csv_cell(name),
                csv_cell(email),
                values["cost"],
                values["list_cost"],
                report.currency,
                *(values[count] for count in COUNTS),
            )
        )
    return output.getvalue()


def _values(sums: Sums) -> dict[str, Any]:
    return {
        "cost": _amount(sums.cost),
        "list_cost": _amount(sums.list_cost),
        **{name: getattr(sums, name) for name in COUNTS},
        "models": {model: plain(cost) for model, cost in sums.models.items()},
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
