"""Add up records exactly, and turn the sums into a report."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from usageline.usage.org.amounts import EXACT, Number, add
from usageline.usage.org.model import Report, Row, Sums
from usageline.usage.org.records import NO_TOKENS, Malformed, Record, Who

if TYPE_CHECKING:
    from collections.abc import Callable

ZERO = Decimal(0)
OVERLAP = "groups overlap: a person in two groups is counted in both"


class MixedCurrencies(Malformed):
    """Amounts of two currencies have no sum."""


@dataclass(slots=True)
class Entry:
    """The sums of one row on one day, or over all days of a span without buckets.

    `listed` and `requests` are None if one of the records does not report them.
    """

    who: Who | None
    cost: Decimal = ZERO
    listed: Decimal | None = ZERO
    tokens: tuple[int, ...] = NO_TOKENS
    requests: int | None = 0
    models: dict[str, Decimal] = field(default_factory=dict)

    def add(self, other: Entry) -> None:
        """Add the sums of another entry. A name or address that is known is kept."""
        if self.who and other.who:
            self.who = _newer(self.who, other.who)
        self.cost = add(self.cost, other.cost)
        self.listed = _if_known(add, self.listed, other.listed)
        self.tokens = tuple(map(operator.add, self.tokens, other.tokens))
        self.requests = _if_known(operator.add, self.requests, other.requests)
        for model, cost in other.models.items():
            self.models[model] = add(self.models.get(model, ZERO), cost)

    def is_equal(self, other: Entry) -> bool:
        """Return whether cost, tokens and requests are exactly the same, as far as known."""
        return (
            (self.cost, self.tokens) == (other.cost, other.tokens)
            and (None in {self.listed, other.listed} or self.listed == other.listed)
            and (None in {self.requests, other.requests} or self.requests == other.requests)
        )


class Coverage(NamedTuple):
    """Which numbers a source reports. `cache_kinds`: the two kinds of cache writes apart."""

    cost: bool = True
    list_cost: bool = True
    tokens: bool = True
    requests: bool = True
    cache_kinds: bool = True


@dataclass(slots=True)
class Ledger:
    """The sums of records by day, and by what a row stands for."""

    entries: dict[tuple[str, str | None], Entry] = field(default_factory=dict)
    currency: str = ""

    def add_record(self, record: Record) -> None:
        """Add a record. Raise MixedCurrencies if its currency is not that of those before."""
        money = record.money
        entry = Entry(record.who, tokens=record.tokens, requests=record.requests)
        if money is not None:
            self.set_currency(money.currency)
            entry.cost = money.cost
            entry.listed = money.listed
            if record.model is not None:
                entry.models[record.model] = money.cost
        self.add_entry(record.day, entry)

    def add_entry(self, day: str, entry: Entry) -> None:
        """Add an entry to the one of its day and row."""
        key = (day, _identity(entry.who))
        if key in self.entries:
            self.entries[key].add(entry)
        else:
            self.entries[key] = replace(entry, models=dict(entry.models))

    def merge(self, other: Ledger) -> None:
        """Add all of another ledger."""
        if other.currency:
            self.set_currency(other.currency)
        for (day, _), entry in other.entries.items():
            self.add_entry(day, entry)

    def set_currency(self, currency: str) -> None:
        """Set the currency of all amounts."""
        if self.currency not in {"", currency}:
            raise MixedCurrencies(f"the amounts are in {self.currency} and in {currency}")
        self.currency = currency

    def total(self) -> Entry:
        """Return the sum of everything."""
        whole = Entry(None)
        for entry in self.entries.values():
            whole.add(entry)
        return whole

    def of_day(self, day: str) -> Ledger:
        """Return the part of one day."""
        part = {key: entry for key, entry in self.entries.items() if key[0] == day}
        return Ledger(part, self.currency)


def add_remainder(rows: Ledger, total: Ledger) -> None:
    """Attribute to no row what the rows lack of the total, unless they exceed it.

    The older reports leave out what belongs to no person, and all but the first 100 groups.
    """
    for day in sorted({day for day, _ in total.entries}):
        part, whole = rows.of_day(day).total(), total.of_day(day).total()
        rest = Entry(
            None,
            EXACT.subtract(whole.cost, part.cost),
            _if_known(EXACT.subtract, whole.listed, part.listed),
            tuple(map(operator.sub, whole.tokens, part.tokens)),
            _if_known(operator.sub, whole.requests, part.requests),
        )
        counts = (*rest.tokens, rest.requests or 0)
        is_excess = min(rest.cost, rest.listed or ZERO) < 0 or min(counts) < 0
        if not is_excess and (rest.cost or rest.listed or any(counts)):
            rows.add_entry(day, rest)


def anonymous(who: Who, salt: bytes) -> Who:
    """Remove name and address. Replace a key that is not an id by a digest, and keep ids.

    The same person has the same digest as long as the salt stays.
    """
    key = who.key
    if not who.id_field or "@" in key:
        key = "anon_" + blake2b(key.encode(), key=salt, digest_size=8).hexdigest()
    return who._replace(key=key, name=None, email=None)


def with_sums(
    report: Report,
    rows: Ledger,
    total: Ledger,
    coverage: Coverage = Coverage(),  # noqa: B008 - it cannot change
) -> Report:
    """Return the report with its numbers. `total` is the service's own, or `rows` without one."""
    merged: dict[str | None, Entry] = {}
    for (day, _), entry in rows.entries.items():
        who = Who(day) if report.by == "day" else entry.who
        merged.setdefault(_identity(who), Entry(who)).add(entry)
    whole, service_total = rows.total(), total.total()
    adds_up = whole.is_equal(service_total)
    unattributed = merged.pop(None, None)
    listed = [_row(entry, coverage) for entry in merged.values()]
    if report.by == "day":
        listed.sort(key=lambda row: row.key)
    else:
        listed.sort(key=lambda row: (-(row.sums.cost or ZERO), -_tokens(row.sums), row.key))
    overlap = [OVERLAP] if report.by == "group" and not adds_up else []
    return replace(
        report,
        currency=rows.currency or total.currency or report.currency,
        rows=tuple(listed),
        unattributed=None if unattributed is None else _sums(unattributed, coverage),
        total=_sums(service_total, coverage, whole.models),
        adds_up=adds_up,
        remarks=(*report.remarks, *overlap),
    )


def _if_known(
    combine: Callable[[Number, Number], Number], left: Number | None, right: Number | None
) -> Number | None:
    return None if left is None or right is None else combine(left, right)


def _identity(who: Who | None) -> str | None:
    """Return the identity of a row: an id may occur as a user's and as a key's."""
    return None if who is None else f"{who.kind}\0{who.key}"


def _newer(old: Who, new: Who) -> Who:
    return old._replace(
        name=new.name if new.name is not None else old.name,
        email=new.email if new.email is not None else old.email,
        deleted=new.deleted,
    )


def _row(entry: Entry, coverage: Coverage) -> Row:
    who = entry.who or Who("")
    return Row(who.key, _sums(entry, coverage), who.kind, who.name, who.email, who.deleted)


def _sums(entry: Entry, coverage: Coverage, models: dict[str, Decimal] | None = None) -> Sums:
    chosen = entry.models if models is None else models
    by_cost = sorted(chosen.items(), key=lambda one: (-one[1], one[0]))
    tokens = entry.tokens if coverage.tokens else (None,) * 5
    fresh, output, read, short, long = tokens
    written = None
    if not coverage.cache_kinds and short is not None and long is not None:
        written, short, long = short + long, None, None
    return Sums(
        entry.cost if coverage.cost else None,
        entry.listed if coverage.list_cost else None,
        fresh,
        output,
        read,
        short,
        long,
        entry.requests if coverage.requests else None,
        dict(by_cost) if coverage.cost else {},
        written,
    )


def _tokens(sums: Sums) -> int:
    return (sums.input or 0) + (sums.output or 0)
