"""The money in a body: usage credits, reported in two forms and counted once, and pools of credit under changing code names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.usage.limits import DOLLARS, MOST_ROWS, is_flat_window
from usageline.usage.model import Credit
from usageline.usage.times import epoch
from usageline.usage.values import MOST_AMOUNT, Body, mapping, number, percent, text

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PERCENT = 1_000_000
"""Money can be overdrawn, so its percentage may pass 100."""

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
    """`spend` is the newer form of `extra_usage`: the same money. None where credits are off and never were used."""
    used = _money(spend.get("used"), 2) or _minor(extra.get("used_credits"), extra.get("decimal_places"))
    limit = _money(spend.get("limit"), used.exponent if used else 2) or _minor(extra.get("monthly_limit"), extra.get("decimal_places"))
    exponent = max(used.exponent if used else 0, limit.exponent if limit else 0) if used or limit else 2
    used_minor, limit_minor = used.at(exponent) if used else None, limit.at(exponent) if limit else None
    enabled = next((flag for flag in (spend.get("enabled"), extra.get("is_enabled")) if isinstance(flag, bool)), bool(used or limit))
    reason = text(spend.get("disabled_reason")) or text(extra.get("disabled_reason"))
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
        currency=_currency(
            mapping(spend.get("used")).get("currency") or extra.get("currency") or mapping(spend.get("limit")).get("currency")
        ),
        percent=_share(extra.get("utilization"), used_minor, limit_minor, spend.get("percent")),
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
            label=text(pool.get("label")) or text(pool.get("display_name")) or "One-time credit",
            used_minor=used,
            limit_minor=limit,
            exponent=2,
            currency=_currency(pool.get("currency")),
            percent=_share(pool.get("utilization"), used, limit, None),
            ends_at=epoch(pool.get("resets_at")),
            expires=True,
            enabled=locked is None,
            disabled_reason=locked,
        )


def _share(given: object, used: int | None, limit: int | None, rounded: object) -> float | None:
    """Percent used: as given, else computed, else the service's rounded one. Without a cap there is none: `spend.percent` is 0 there (u08)."""
    if limit is None:
        return None
    exact = percent(given, MOST_PERCENT)
    if exact is None and used is not None and limit > 0:
        exact = percent(used * 100 / limit, MOST_PERCENT)
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
    return Money(round(found), int(decimals))


def _dollars(value: object) -> int | None:
    found = number(value, -MOST_AMOUNT / 100, MOST_AMOUNT / 100)
    return None if found is None else round(found * 100)


def _currency(value: object) -> str:
    if value is None:
        return "USD"  # bodies of before April 2026 name none and count dollars (u02, u03)
    if isinstance(value, str) and value.isascii() and value.isalpha() and 3 <= len(value) <= 4:
        return value.upper()
    return NO_CURRENCY
