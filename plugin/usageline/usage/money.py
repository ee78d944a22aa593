"""Read amounts of money and currencies from a body. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from usageline.usage.values import MAX_AMOUNT, Body, mapping, number

WITHOUT_DECIMALS = frozenset({"JPY", "KRW", "VND"})
"""Currencies that Claude Code counts in whole units; it counts all others in hundredths."""

NO_CURRENCY = "XXX"
"""ISO 4217 for no currency: the service named one that cannot be read.

A guess would be a false amount.
"""

OTHER_CURRENCY = "The limit is in another currency."
UNREADABLE = "The limit cannot be read."


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units, and how many of its digits are decimals."""

    minor: int
    exponent: int

    def at(self, exponent: int) -> int:
        """Return the amount with that many decimals, which is at least as many as it has."""
        return int(self.minor * 10 ** (exponent - self.exponent))


def read_money(value: object, exponent: int) -> Money | None:
    """Read `{"amount_minor": 1077, "exponent": 2}`.

    A limit may leave its exponent to the amount beside it (u16).
    """
    return minor_units(mapping(value).get("amount_minor"), mapping(value).get("exponent", exponent))


def minor_units(amount: object, exponent: object) -> Money | None:
    """Return an amount of minor units with that many decimals, None if it is invalid."""
    minor = number(amount, -MAX_AMOUNT, MAX_AMOUNT)
    decimals = 2 if exponent is None else number(exponent, 0, 6)
    if minor is None or decimals is None or decimals != int(decimals):
        return None
    return Money(nearest(minor), int(decimals))


def cents_of_dollars(value: object) -> int | None:
    """Return an amount of dollars in cents, None if it is invalid."""
    amount = number(value, -MAX_AMOUNT / 100, MAX_AMOUNT / 100)
    return None if amount is None else nearest(amount * 100)


def nearest(amount: float) -> int:
    """Round halves up, as Claude Code does; `round` would round them to the even number."""
    return math.floor(amount + 0.5)


def currency_code(value: object) -> str:
    """Return a currency's code, `NO_CURRENCY` if it cannot be read."""
    if value is None:
        return "USD"  # bodies of before April 2026 name none and count dollars (u02, u03)
    if isinstance(value, str) and value.isascii() and value.isalpha() and 3 <= len(value) <= 4:
        return value.upper()
    return NO_CURRENCY


def cap_problem(
    limit: Money | None, named: tuple[object, object], *, is_foreign: bool
) -> str | None:
    """Return why the cap that the service `named` cannot be shown, or None."""
    if limit is not None:
        return OTHER_CURRENCY if is_foreign else None
    return None if named == (None, None) else UNREADABLE


class Amounts(NamedTuple):
    """What is spent and its cap, in minor units of one currency, None if it is not known.

    `cap_problem` says why a cap cannot be used.
    """

    used: int | None
    limit: int | None
    exponent: int
    currency: str
    cap_problem: str | None


def usage_amounts(spend: Body, extra: Body) -> Amounts:
    """Return the amounts of the usage credits from their two forms, of which `extra` counts."""
    spend_used, spend_limit = mapping(spend.get("used")), mapping(spend.get("limit"))
    named = extra.get("currency") or spend_used.get("currency") or spend_limit.get("currency")
    currency = currency_code(named)
    decimals = extra.get("decimal_places")
    if decimals is None:
        decimals = 0 if currency in WITHOUT_DECIMALS else 2
    spent = read_money(spend.get("used"), decimals)
    used = minor_units(extra.get("used_credits"), decimals)
    limit = minor_units(extra.get("monthly_limit"), decimals)
    limit_currency = currency
    if used is None and spent is not None:
        used, currency = spent, currency_code(spend_used.get("currency") or named)
    if limit is None:
        limit = read_money(spend.get("limit"), spent.exponent if spent else decimals)
        limit_currency = currency_code(
            spend_limit.get("currency") or spend_used.get("currency") or named
        )
    if used is None:
        currency = limit_currency
    named_caps = extra.get("monthly_limit"), spend_limit.get("amount_minor")
    unusable = cap_problem(limit, named_caps, is_foreign=limit_currency != currency)
    limit = None if unusable else limit
    exponent = max((money.exponent for money in (used, limit) if money), default=2)
    return Amounts(
        used.at(exponent) if used else None,
        limit.at(exponent) if limit else None,
        exponent,
        currency,
        unusable,
    )
