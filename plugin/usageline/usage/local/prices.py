"""Compute the list price of a response, in whole picodollars ($1 = 10^12). Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from usageline.usage.local.price_list import PRICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.local.responses import Part

PICO = 10**12
SEARCH = 10_000_000_000
"""A web search: $10 for 1,000."""

US_TIMES = (11, 10)
"""Inference in the US only costs a tenth more."""

_REGION = re.compile(r"^(?:[a-z]{2,6}\.)?anthropic[./]")
_SUFFIX = re.compile(r"(?:\[1m\]|@.*|-v\d+(?::\d+)?)$")
_DATE = re.compile(r"-20\d{6}$")


class Rates(NamedTuple):
    """Picodollars per token, one rate for each field of `Tokens` but the searches."""

    input: int
    output: int
    write_5m: int
    write_1h: int
    read: int


class Price(NamedTuple):
    """What a model costs from a day on.

    since      epoch ms
    rates      the usual ones
    long_from  a longer prompt (tokens) has the rates `long` for all of it; 0 if there are none
    fast       by how much fast mode multiplies; 0 if the model has none
    us         inference in the US only costs a tenth more
    """

    since: int
    rates: Rates
    long_from: int = 0
    long: Rates | None = None
    fast: int = 0
    us: bool = False


@lru_cache(maxsize=512)
def base_name(model: str) -> str:
    """Return the model's name without a region, a version or a marker of its context.

    `us.anthropic.claude-opus-4-8-v1:0` and `claude-opus-4-8[1m]` are `claude-opus-4-8`.
    """
    return _SUFFIX.sub("", _REGION.sub("", _SUFFIX.sub("", model)))


def listed_name(model: str) -> str:
    """Return the name under which the built-in prices have a model, "" if they do not."""
    name = base_name(model)
    return next((known for known in (name, _DATE.sub("", name)) if known in PRICES), "")


class PriceList:
    """The built-in prices, with those of the user's configuration over them."""

    def __init__(self, own: Mapping[str, tuple[Price, ...]] | None = None) -> None:
        self._prices: dict[str, tuple[Price, ...]] = {
            **{
                name: tuple(
                    Price(
                        since,
                        Rates(*rates),
                        long_from,
                        None if long is None else Rates(*long),
                        fast,
                        us,
                    )
                    for since, rates, long_from, long, fast, us in entries
                )
                for name, entries in PRICES.items()
            },
            **(own or {}),
        }

    def price(self, model: str, at: int) -> Price | None:
        """Return the model's price at a time (epoch ms), None if it is unknown."""
        name = base_name(model)
        entries = self._prices.get(name) or self._prices.get(_DATE.sub("", name))
        if not entries:
            return None
        # A response before the first known price has that price: a clock may be wrong.
        return next((entry for entry in reversed(entries) if entry.since <= at), entries[0])

    def cost(self, part: Part, at: int) -> int | None:
        """Return the cost of a part of a response at a time (epoch ms), None if unpriced."""
        price = self.price(part.model, at)
        if price is None:
            return None
        tokens, rates = part.tokens, price.rates
        if price.long is not None and tokens.prompt > price.long_from:
            rates = price.long
        total = (
            tokens.input * rates.input
            + tokens.output * rates.output
            + tokens.write_5m * rates.write_5m
            + tokens.write_1h * rates.write_1h
            + tokens.read * rates.read
        )
        if part.fast and price.fast:
            total *= price.fast
        if part.us and price.us:
            total = total * US_TIMES[0] // US_TIMES[1]
        return total + tokens.searches * SEARCH

    @property
    def version(self) -> str:
        """Return a text that differs if a price does."""
        return repr(sorted(self._prices.items()))
