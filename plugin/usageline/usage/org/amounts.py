"""Read and write amounts of money as exact decimals."""

from __future__ import annotations

import re
from decimal import (
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Number = TypeVar("Number", int, Decimal)
MAX_CHARS = 64
MAX_EXPONENT = 30
MIN_DECIMALS = 6
"""Decimals that `plain` writes at least, as the service does."""

EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, Overflow])
"""Sums of such amounts never need more digits. Rounding would raise an error."""

_AMOUNT = re.compile(r"[+-]?\d{1,36}(\.\d{0,24})?(E[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)


def read_cents(value: object) -> Decimal | None:
    """Return an amount of (fractional) cents in major units, None if it is not a number."""
    amount = read_decimal(value)
    return None if amount is None else amount.scaleb(-2, EXACT)


def read_decimal(value: object) -> Decimal | None:
    """Return a decimal from a string, an integer or a Decimal; None if it is anything else.

    A float is None, too: it may have been rounded.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, int) and not -(10**30) < value < 10**30:
        return None
    text = str(value).strip()
    if len(text) > MAX_CHARS or not _AMOUNT.fullmatch(text):
        return None
    try:
        amount = Decimal(text, EXACT)
    except DecimalException:
        return None
    return amount if abs(amount.adjusted()) <= MAX_EXPONENT or not amount else None


def add(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact sum."""
    return EXACT.add(left, right)


def known_sum(values: Iterable[Number | None]) -> Number | None:
    """Return the exact sum of what is known, None if nothing is."""
    known = [value for value in values if value is not None]
    with localcontext(EXACT):
        return sum(known[1:], known[0]) if known else None


def plain(amount: Decimal) -> str:
    """Return the exact amount with at least six decimals: `412.800000`."""
    text = f"{amount or amount.copy_abs():f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(MIN_DECIMALS, "0")
    return f"{whole}.{decimals}"
