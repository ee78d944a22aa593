"""Put an organization's report into words for the table, the picture and the page. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

from usageline.cli.org import names
from usageline.cli.org.overview import Entry, Overview, day, money, span
from usageline.core import formatting
from usageline.core.text import sanitize
from usageline.usage.org.amounts import add, known_sum
from usageline.usage.values import text, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from usageline.usage.org.model import Report, Row, Sums

Value = TypeVar("Value")
DEFAULT_TOP = 20
"""Rows that are shown one by one. Days are all shown: they are at most a few months."""

MAX_DAYS = 100
REVISED_FOR = timedelta(days=30)
MAX_REMARK = 300
UNATTRIBUTED = "not attributed"


def overview(report: Report, top: int | None) -> Overview:
    """Return what is shown of the report: the first `top` rows, and the others as one."""
    entries = [
        _entry(label, row.sums) for label, row in zip(_labels(report), report.rows, strict=True)
    ]
    if top is None:
        top = MAX_DAYS if report.by == "day" else DEFAULT_TOP
    hidden = entries[top:]
    return Overview(
        span=_span(report),
        unit=report.by.replace("-", " "),
        entries=entries,
        shown=entries[:top],
        rest=_rest(hidden) if hidden else None,
        unattributed=None
        if report.unattributed is None
        else _entry(UNATTRIBUTED, report.unattributed, is_rest=True),
        total=_entry("total", report.total),
        notes=_notes(report),
        currency=report.currency,
    )


def _entry(label: str, sums: Sums, *, is_rest: bool = False) -> Entry:
    models = sorted(sums.models.items(), key=lambda item: (-item[1], item[0]))
    written = (sums.cache_write_5m, sums.cache_write_1h, sums.cache_write)
    return Entry(
        label,
        sums.cost,
        sums.list_cost,
        [(names.model_name(model), cost) for model, cost in models],
        (sums.input, sums.output, known_sum(written), sums.cache_read),
        sums.requests,
        is_rest,
    )


def _rest(entries: Sequence[Entry]) -> Entry:
    """Return the sum of several rows. What one of them lacks is unknown."""
    return Entry(
        f"{len(entries):,} more",
        _amount(entry.cost for entry in entries),
        _whole(_amount, [entry.list_cost for entry in entries]),
        (),
        [known_sum(counts) for counts in zip(*(entry.tokens for entry in entries), strict=True)],
        _whole(known_sum, [entry.requests for entry in entries]),
        is_rest=True,
    )


def _whole(
    add_up: Callable[[list[Value | None]], Value | None], values: list[Value | None]
) -> Value | None:
    return None if None in values else add_up(values)


def _amount(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the exact sum of what is known, None if nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return reduce(add, known) if known else None


def _labels(report: Report) -> list[str]:
    if report.by == "person":
        return names.labels(
            [
                names.Subject(row.kind, row.key, row.name, row.email, row.deleted)
                for row in report.rows
            ]
        )
    return names.labels([names.Subject("", row.key, _name(report.by, row)) for row in report.rows])


def _name(by: str, row: Row) -> str:
    """Return what a model, a day, a product, … is called."""
    if by == "model":
        return names.model_name(row.key)
    if by == "day":
        return day_name(row.key)
    if row.name:
        return row.name
    return words(row.key) if by in ("product", "actor-type") else row.key


def day_name(key: str) -> str:
    """Return `Tue 24 Nov` for 2026-11-24."""
    try:
        moment = date.fromisoformat(key)
    except ValueError:
        return key
    return f"{formatting.DAYS[moment.weekday()]} {day(moment)}"


def _span(report: Report) -> str:
    """Return `1 – 29 Nov 2026 (UTC), by person, data up to 29 Nov 04:00 UTC`."""
    parts = [span(report.since, report.until), f"by {report.by.replace('-', ' ')}"]
    if report.refreshed_at is not None and report.refreshed_at < report.until:
        parts.append(f"data up to {_time(report.refreshed_at)}")
    return ", ".join(parts)


def _time(moment: datetime) -> str:
    """Return `25 Nov 04:00 UTC`."""
    return f"{day(moment)} {moment:%H:%M} UTC"


def _notes(report: Report) -> list[str]:
    notes = []
    if report.refreshed_at is not None and report.until > report.refreshed_at - REVISED_FOR:
        notes.append(f"days after {day(report.refreshed_at - REVISED_FOR)} may still change")
    if not report.adds_up:
        notes.append(difference(report))
    if report.is_estimate and not any("estimate" in remark for remark in report.remarks):
        notes.append("the cost is Claude Code's own estimate, and not the invoice")
    if report.source != "analytics":
        notes.append(f"from the older {report.source.replace('-', ' ')}")
    notes += report.remarks
    return [sanitize(text(note, MAX_REMARK) or "") for note in notes]


def difference(report: Report) -> str:
    """Return that the rows do not add up, and to what."""
    parts = [row.sums.cost for row in report.rows]
    if report.unattributed is not None:
        parts.append(report.unattributed.cost)
    rows, total = (money(one, report.currency) for one in (_amount(parts), report.total.cost))
    if rows == total:
        return "the rows do not add up to the service's total exactly"
    return f"the rows add up to {rows}, and not to the service's total of {total}"
