"""Write the sums of an organization as JSON, and read them back.

What is read is not trusted: one value that is not as it was written makes the whole invalid.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from usageline.usage.org.amounts import plain, read_decimal
from usageline.usage.org.merge import Entry, Ledger
from usageline.usage.org.records import MAX_COUNT, MAX_TEXT, Who
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import TypeAlias

Sums: TypeAlias = "tuple[Ledger, Ledger | None, str]"
"""Rows, the service's total if there is one, and up to when it had data."""


def plain_sums(sums: Sums) -> dict[str, Any]:
    """Return rows, total and time for JSON."""
    rows, total, refreshed_at = sums
    return {
        "rows": plain_ledger(rows),
        "total": None if total is None else plain_ledger(total),
        "refreshed_at": refreshed_at,
    }


def read_sums(value: object) -> Sums | None:
    """Return what `plain_sums` wrote, None if it is anything else."""
    content = mapping(value)
    rows, total = read_ledger(content.get("rows")), read_ledger(content.get("total"))
    refreshed_at = content.get("refreshed_at")
    is_broken = total is None and content.get("total") is not None
    if rows is None or is_broken or not isinstance(refreshed_at, str):
        return None
    return rows, total, refreshed_at


def plain_ledger(ledger: Ledger) -> dict[str, Any]:
    """Return a ledger for JSON: amounts are exact texts."""
    return {
        "currency": ledger.currency,
        "entries": [
            [
                day,
                None if entry.who is None else [*entry.who],
                plain(entry.cost),
                None if entry.listed is None else plain(entry.listed),
                [*entry.tokens],
                entry.requests,
                {model: plain(cost) for model, cost in entry.models.items()},
            ]
            for (day, _), entry in ledger.entries.items()
        ],
    }


def read_ledger(value: object) -> Ledger | None:
    """Return what `plain_ledger` wrote, None if anything in it is invalid."""
    content = mapping(value)
    currency, entries = content.get("currency"), content.get("entries")
    if not isinstance(entries, list) or not isinstance(currency, str):
        return None
    if currency and not (currency.isascii() and currency.isalpha() and len(currency) == 3):
        return None
    ledger = Ledger(currency=currency)
    for row in entries:
        read = _entry(row)
        if read is None:
            return None
        ledger.add_entry(*read)
    return ledger


def _entry(row: object) -> tuple[str, Entry] | None:
    if not isinstance(row, list) or len(row) != 7:
        return None
    day, who, cost, listed, tokens, requests, models = row
    amount, list_amount, person = _amount(cost), _amount(listed), _who(who)
    costs = {model: _amount(one) for model, one in mapping(models).items()}
    by_model = {model: one for model, one in costs.items() if one is not None}
    counts = (
        [*tokens, 0 if requests is None else requests]
        if isinstance(tokens, list) and len(tokens) == 5
        else [None]
    )
    if (
        not isinstance(day, str)
        or not (day == "" or _is_day(day))
        or amount is None
        or (list_amount is None and listed is not None)
        or not isinstance(models, dict)
        or len(by_model) < len(costs)
        or not all(_is_count(one) for one in counts)
        or (who is not None and person is None)
    ):
        return None
    return day, Entry(person, amount, list_amount, tuple(tokens), requests, by_model)


def _who(value: object) -> Who | None:
    if not isinstance(value, list) or len(value) != len(Who._fields):
        return None
    texts = [*value[:2], *(one for one in value[2:4] if one is not None)]
    if not all(isinstance(one, str) and len(one) <= MAX_TEXT for one in texts):
        return None
    return Who(*value) if all(isinstance(one, bool) for one in value[4:]) else None


def _amount(value: object) -> Decimal | None:
    return read_decimal(value) if isinstance(value, str) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
