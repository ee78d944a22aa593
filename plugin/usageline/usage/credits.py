"""The money in a body: usage credits, reported in two forms and counted once, and pools of credit under changing code names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.usage.limits import DOLLARS, MOST_ROWS, POOL_LABELS, is_flat_window
from usageline.usage.model import Credit
from usageline.usage.times import epoch
from usageline.usage.values import MOST_AMOUNT, Body, mapping, number, percent, text

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PERCENT = 1_000_000
"""Money can be overdrawn, so its percentage may pass 100."""

WITHOUT_DECIMALS = frozenset({"JPY", "KRW", "VND"})
"""Currencies that the client counts in whole units; all others it counts in hundredths."""

NO_CURRENCY = "XXX"
"""ISO 4217 for no currency: the service named one that cannot be read, and guessing would be a false amount."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units, and how many of its digits are decimals."""

    minor: int
    exponent: int

    def at(self, exponent: int) -> int:
        """The amount with that many decimals, which is not fewer than it has."""
        return int(self.minor * 10 ** (exponent - self.exponent))


def credits(body: Body) -> tuple[Credit, ...]:  # noqa: A001 - the glossary's word
    """Every money meter in `body`: the usage credits first, then the pools in the server's order."""
    usage = _usage_credits(mapping(body.get("spend")), mapping(body.get("extra_usage")))
    return (*([usage] if usage else []), *_pools(body))


def _usage_credits(spend: Body, extra: Body) -> Credit | None:
    """`spend` is the newer form of `extra_usage`: the same money. None where credits are off and never were used.

    The client's own screen shows `extra_usage`, so its words go before those of `spend`.
    """
    named = extra.get("currency") or mapping(spend.get("used")).get("currency") or mapping(spend.get("limit")).get("currency")
    currency = _currency(named)
    decimals = extra.get("decimal_places")
    if decimals is None:
        decimals = 0 if currency in WITHOUT_DECIMALS else 2
    spent = _money(spend.get("used"), decimals)
    used = _minor(extra.get("used_credits"), decimals) or spent
    limit = _minor(extra.get("monthly_limit"), decimals) or _money(spend.get("limit"), spent.exponent if spent else decimals)
    exponent = max(used.exponent if used else 0, limit.exponent if limit else 0) if used or limit else 2
    used_minor, limit_minor = used.at(exponent) if used else None, limit.at(exponent) if limit else None
    flags = [flag for flag in (extra.get("is_enabled"), spend.get("enabled")) if isinstance(flag, bool)]
    enabled = flags[0] if flags else bool(used or limit)
    reasons = [text(form.get("disabled_reason")) for form in (extra, spend)]
    reason = next(filter(None, reasons), None)
    if not enabled and reason is None and extra.get("spend_limit_reached") is True:
        reason = "spend_limit_reached"
    if not enabled and reason is None and not used_minor and not limit_minor:
        return None
    if used is None and limit is None and reason is None:
        return None
    return Credit(
        label="Usage credits",
        used_minor=used_minor,
        limit_minor=limit_minor,
        exponent=exponent,
        currency=currency,
        percent=_share(extra.get("utilization"), used_minor, limit_minor, spend.get("percent"), enabled=enabled),
        enabled=enabled,
        disabled_reason=None if enabled else reason,
    )


def _pools(body: Body) -> Iterator[Credit]:
    for name, value in list(body.items())[: 2 * MOST_ROWS]:
        pool = mapping(value)
        if is_flat_window(name, pool):
            continue
        limit, used, left = (_dollars(pool.get(key)) for key in DOLLARS)
        if used is None and limit is not None and left is not None:
            used = limit - left
        if limit is None and used is not None and left is not None:
            limit = used + left
        if not limit and not used:
            continue
        locked = text(pool.get("locked_reason"))
        yield Credit(
            label=POOL_LABELS.get(name) or text(pool.get("label")) or text(pool.get("display_name")) or "One-time credit",
            used_minor=used,
            limit_minor=limit,
            exponent=2,
            currency=_currency(pool.get("currency")),
            percent=_share(pool.get("utilization"), used, limit, None, enabled=locked is None),
            ends_at=epoch(pool.get("resets_at")),
            expires=True,
            enabled=locked is None,
            disabled_reason=locked,
        )


def _share(given: object, used: int | None, limit: int | None, rounded: object, *, enabled: bool) -> float | None:
    """Percent used: as given, else computed, else the service's rounded one. Without a cap there is none: `spend.percent` is 0 there (u08).

    A cap of nothing is used up, as the client has it; what is refunded does not count below 0.
    """
    if limit is None:
        return None
    exact = percent(given, MOST_PERCENT)
    if exact is None and used is not None and limit > 0:
        exact = percent(max(used, 0) * 100 / limit, MOST_PERCENT)
    if exact is None and used is not None and limit == 0 and enabled:
        exact = 100.0
    if exact is None and used is None:
        exact = percent(rounded, MOST_PERCENT)
    return exact


def _money(value: object, exponent: int) -> Money | None:
    """`{"amount_minor": 1077, "exponent": 2}`. A limit may leave its exponent to the amount beside it (u16)."""
    return _minor(mapping(value).get("amount_minor"), mapping(value).get("exponent", exponent))


def _minor(amount: object, exponent: object) -> Money | None:
    found = number(amount, -MOST_AMOUNT, MOST_AMOUNT)
    decimals = 2 if exponent is None else number(exponent, 0, 6)
    if found is None or decimals is None or decimals != int(decimals):
        return None
    return Money(_nearest(found), int(decimals))


def _dollars(value: object) -> int | None:
    found = number(value, -MOST_AMOUNT / 100, MOST_AMOUNT / 100)
    return None if found is None else _nearest(found * 100)


def _nearest(amount: float) -> int:
    """Halves go up, as in the client's amounts; `round` would take them to the even number."""
    return math.floor(amount + 0.5)


def _currency(value: object) -> str:
    if value is None:
        return "USD"  # bodies of before April 2026 name none and count dollars (u02, u03)
    if isinstance(value, str) and value.isascii() and value.isalpha() and 3 <= len(value) <= 4:
        return value.upper()
    return NO_CURRENCY
