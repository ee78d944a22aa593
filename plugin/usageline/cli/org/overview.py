"""What the table, the picture and the page of `usageline org` show of a report. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from usageline.cli.org import wording
from usageline.cli.org.wording import day, money
from usageline.core.text import sanitize
from usageline.usage.org.amounts import Number, known_sum
from usageline.usage.org.records import Who
from usageline.usage.values import text, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.org.model import Report, Row, Sums

MAX_MODELS = 3
"""Of one row in the words beside it."""

UNITS = ("input", "output", "cache_write", "cache_read")
"""The kinds of tokens, in the order of the columns."""

DEFAULT_TOP = 20
"""Rows that are shown one by one. Days are all shown: they are at most a few months."""

MAX_DAYS = 100
REVISED_FOR = timedelta(days=30)
MAX_REMARK = 300
UNATTRIBUTED = "not attributed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. Amounts and counts are None if no source reports them.

    `models` has the cost of each model by its name, the largest first. `tokens` has a count for
    each of `UNITS`. `is_rest` marks a row that stands for several, or for what belongs to none.
    """

    label: str
    cost: Decimal | None
    list_cost: Decimal | None = None
    models: Sequence[tuple[str, Decimal]] = ()
    tokens: Sequence[int | None] = (None,) * len(UNITS)
    requests: int | None = None
    is_rest: bool = False

    @property
    def all_tokens(self) -> int | None:
        """Return the sum of the tokens, None if none are reported."""
        return known_sum(self.tokens)

    def share(self, total: Decimal | None) -> float | None:
        """Return the part of the total from 0 to 1, None if there is none."""
        if not total or total < 0 or self.cost is None:
            return None
        return float(min(max(self.cost / total, Decimal(0)), Decimal(1)))


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is shown. `span` and `notes` are sentences, `unit` is what a row is.

    `shown` are the rows that are shown one by one, `entries` all of them, in order. What the
    service attributes to none of them is `unattributed`, the rows that are not shown are `rest`.
    """

    span: str
    unit: str
    entries: Sequence[Entry]
    shown: Sequence[Entry]
    rest: Entry | None
    unattributed: Entry | None
    total: Entry
    notes: Sequence[str]
    currency: str = "USD"

    @property
    def rows(self) -> list[Entry]:
        """Return the rows as they are shown, without the total."""
        return [*self.shown, *filter(None, [self.unattributed, self.rest])]

    def money(self, amount: Decimal | None) -> str:
        """Return an amount rounded to cents, `<$0.01` for less, `–` if it is unknown."""
        return money(amount, self.currency)

    def models(self, entry: Entry) -> str:
        """Return `Opus 5.5 $371.10 · Sonnet 5 $41.70`: the models that cost the most."""
        if len(entry.models) == 1:
            return entry.models[0][0]
        words = [f"{name} {self.money(cost)}" for name, cost in entry.models[:MAX_MODELS]]
        more = len(entry.models) - MAX_MODELS
        return " · ".join([*words, *([f"{more} more"] if more > 0 else [])])

    def percent(self, entry: Entry) -> str:
        """Return `62%`, `<1%` for less than one.

        Return nothing without a share: of a refund, and of a row that costs more than all together.
        """
        total = self.total.cost
        share = entry.share(total)
        if share is None or not 0 <= (entry.cost or 0) <= (total or 0):
            return ""
        whole = int(share * 100 + 0.5)
        return "<1%" if not whole and share > 0 else f"{whole}%"

    @property
    def summary(self) -> str:
        """Return `total $664.12 after discount, $737.91 at list price`."""
        if not self.rows:
            return "no usage in these days"
        total, at_list = self.money(self.total.cost), self.money(self.total.list_cost)
        if self.total.list_cost is None:
            return f"total {total}"
        if self.total.list_cost == self.total.cost:
            return f"total {total} at list price"
        return f"total {total} after discount, {at_list} at list price"


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
        [(wording.model_name(model), cost) for model, cost in models],
        (sums.input, sums.output, known_sum(written), sums.cache_read),
        sums.requests,
        is_rest,
    )


def _rest(entries: Sequence[Entry]) -> Entry:
    """Return the sum of several rows. What one of them lacks is unknown."""
    return Entry(
        f"{len(entries):,} more",
        known_sum(entry.cost for entry in entries),
        _whole([entry.list_cost for entry in entries]),
        (),
        [known_sum(counts) for counts in zip(*(entry.tokens for entry in entries), strict=True)],
        _whole([entry.requests for entry in entries]),
        is_rest=True,
    )


def _whole(values: list[Number | None]) -> Number | None:
    return None if None in values else known_sum(values)


def _labels(report: Report) -> list[str]:
    if report.by == "person":
        return wording.labels(
            [Who(row.key, row.kind, row.name, row.email, row.deleted) for row in report.rows]
        )
    return wording.labels([Who(row.key, name=_name(report.by, row)) for row in report.rows])


def _name(by: str, row: Row) -> str:
    """Return what a model, a day, a product, … is called."""
    if by == "model":
        return wording.model_name(row.key)
    if by == "day":
        return wording.day_name(row.key)
    if row.name:
        return row.name
    return words(row.key) if by in ("product", "actor-type") else row.key


def _span(report: Report) -> str:
    """Return `1 – 29 Nov 2026 (UTC), by person, data up to 29 Nov 04:00 UTC`."""
    parts = [wording.span(report.since, report.until), f"by {report.by.replace('-', ' ')}"]
    if report.refreshed_at is not None and report.refreshed_at < report.until:
        parts.append(f"data up to {wording.time(report.refreshed_at.timestamp())}")
    return ", ".join(parts)


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
    rows, total = (money(one, report.currency) for one in (known_sum(parts), report.total.cost))
    if rows == total:
        return "the rows do not add up to the service's total exactly"
    return f"the rows add up to {rows}, and not to the service's total of {total}"
