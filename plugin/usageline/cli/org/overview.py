"""What the table, the picture and the page of `usageline org` show: words and shares. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from usageline.core import formatting
from usageline.usage.values import WITHOUT_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

UNKNOWN = "–"
MAX_MODELS = 3
"""Of one row in the words beside it."""

UNITS = ("input", "output", "cache_write", "cache_read")
"""The kinds of tokens, in the order of the columns."""


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
        known = [number for number in self.tokens if number is not None]
        return sum(known) if known else None

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

    @property
    def total_words(self) -> str:
        """Return `$664.12 after discount, $737.91 at list price`."""
        total, at_list = self.money(self.total.cost), self.money(self.total.list_cost)
        if self.total.list_cost is None:
            return total
        if self.total.list_cost == self.total.cost:
            return f"{total} at list price"
        return f"{total} after discount, {at_list} at list price"


def digits(number: int | None) -> str:
    """Return a count with all its digits: `1,234`, `–` if it is unknown."""
    return UNKNOWN if number is None else f"{number:,}"


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount rounded to cents: `$1,234.50`, `<$0.01` for less, `–` if it is unknown."""
    if amount is None:
        return UNKNOWN
    exponent = 0 if currency in WITHOUT_DECIMALS else 2
    minor = int(amount.scaleb(exponent).to_integral_value(ROUND_HALF_UP))
    if not minor and amount > 0:
        return "<" + formatting.money(1, exponent, currency)
    text = formatting.money(minor, exponent, currency)
    return text if minor % 10**exponent or not exponent else f"{text}.{'0' * exponent}"


def percent(entry: Entry, total: Decimal | None) -> str:
    """Return `62 %`, `<1 %` for less than one.

    Return nothing without a share: of a refund, and of a row that costs more than all together.
    """
    share = entry.share(total)
    if share is None or not 0 <= (entry.cost or 0) <= (total or 0):
        return ""
    whole = int(share * 100 + 0.5)
    return "<1 %" if not whole and share > 0 else f"{whole} %"


def day(moment: date, *, year: bool = False) -> str:
    """Return `24 Nov`, or `24 Nov 2026` with the year."""
    text = f"{moment.day} {formatting.MONTHS[moment.month - 1]}"
    return f"{text} {moment.year}" if year else text


def span(since: datetime, until: datetime) -> str:
    """Return the days until `until` (exclusive): `1 – 29 Nov 2026 (UTC)`."""
    first, last = since, until - timedelta(microseconds=1)
    if first.date() == last.date():
        days = day(first, year=True)
    elif (first.year, first.month) == (last.year, last.month):
        days = f"{first.day} – {day(last, year=True)}"
    else:
        days = f"{day(first, year=first.year != last.year)} – {day(last, year=True)}"
    return f"{days} (UTC)"


def count(number: int | None) -> str:
    """Return a count in a few characters: 950, 12k, 1.2M, 3.4B, `–` if it is unknown."""
    if number is None:
        return UNKNOWN
    if number < 999_500_000:
        return formatting.count(number)
    return f"{number / 1_000_000_000:.1f}".removesuffix(".0") + "B"
