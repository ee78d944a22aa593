"""Compute the list price of a response, in whole picodollars ($1 = 10^12). Pure."""

from __future__ import annotations

from usageline.core.named_tuple import NamedTuple
from usageline.usage.local.price_list import PRICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.local.responses import Part

PICO = 10**12
PER_MILLION = PICO // 10**6
"""Picodollars per token of a dollar per million tokens."""

SEARCH = 10_000_000_000
"""A web search: $10 for 1,000."""

MAX_COST = 10**18
"""Of a part of a response. A million dollars are no real cost, but still an integer of SQLite's."""

US_TIMES = (11, 10)
"""Inference in the US only costs a tenth more."""

PREFIX = r"^(?:.*/)?(?:.*\banthropic\.)?"
"""Of a gateway, of a place in Google's or Amazon's cloud, and of the maker."""

SUFFIX = r"(?:-v\d+|-latest)?(?:[@:].*)?(?:\[\w+\])?$"
POINT = r"(?<=\d)\.(?=\d)"
"""Some gateways write `claude-sonnet-4.5`."""

MARKS = (*"/.:[@", "-v", "-latest")
"""A name without them is as in the list."""

DATE_CHARACTERS = 9


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


def base_name(model: str) -> str:
    """Return the model's name without a gateway, a region, a version or a marker of its context.

    `us.anthropic.claude-opus-4-8-v1:0` and `anthropic/claude-opus-4.8` are `claude-opus-4-8`.
    """
    if model in PRICES or not any(mark in model for mark in MARKS):
        return model  # mostly, and `re` is slow to import
    import re  # noqa: PLC0415 - as above

    name = re.sub(SUFFIX, "", re.sub(PREFIX, "", model, count=1), count=1)
    return re.sub(POINT, "-", name) if name.startswith("claude-") else name


def _undated(name: str) -> str:
    """Return a name without a day at its end, such as `-20251001`."""
    day = name[-DATE_CHARACTERS:]
    is_day = day[:3] == "-20" and day[3:].isdecimal() and len(day) == DATE_CHARACTERS
    return name[:-DATE_CHARACTERS] if is_day else name


def own_prices(table: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[Price, ...]]:
    """Return the prices of a user's table: dollars per million tokens by model and rate.

    The usual multiples of the input's price stand in for those of the cache. Fast mode and the US
    multiply a known model's price as before.
    """
    prices: dict[str, tuple[Price, ...]] = {}
    for model, rates in table.items():
        sent = rates["input"]
        usual = {"cache_write_5m": 1.25 * sent, "cache_write_1h": 2 * sent, "cache_read": sent / 10}
        all_rates = {**usual, **rates}
        built_in = PRICES.get(listed_name(model))
        fast, us = built_in[-1][4:] if built_in else (0, False)
        names = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
        picodollars = (round(all_rates[name] * PER_MILLION) for name in names)
        prices[model.removesuffix("[1m]")] = (Price(0, Rates(*picodollars), fast=fast, us=us),)
    return prices


def listed_name(model: str) -> str:
    """Return the name under which the built-in prices have a model, "" if they do not."""
    name = base_name(model)
    return next((known for known in (name, _undated(name)) if known in PRICES), "")


class PriceList:
    """The built-in prices, with those of the user's configuration over them."""

    def __init__(self, own: Mapping[str, tuple[Price, ...]] | None = None) -> None:
        self._own = own or {}
        self._by_model: dict[str, tuple[Price, ...]] = {}

    def price(self, model: str, at: int) -> Price | None:
        """Return the model's price at a time (epoch ms), None if it is unknown.

        A user's price may be of the whole name, such as that of one region.
        """
        entries = self._by_model.get(model)
        if entries is None:
            name = base_name(model)
            names = (name, _undated(name))
            entries = self._own.get(model) or next(filter(None, map(self._entries, names)), ())
            self._by_model[model] = entries
        if len(entries) == 1:
            return entries[0]
        # A response before the first known price has that price: a clock may be wrong.
        for entry in reversed(entries):
            if entry.since <= at:
                return entry
        return entries[0] if entries else None

    def cost(self, part: Part, at: int) -> int | None:
        """Return the cost of a part of a response at a time (epoch ms), None if unpriced."""
        model, tokens, fast, us = part
        entries = self._by_model.get(model)
        # Mostly a model has one price since its beginning.
        price = entries[0] if entries and len(entries) == 1 else self.price(model, at)
        if price is None:
            return None
        sent, output, write_5m, write_1h, read, searches = tokens
        _, rates, long_from, long, fast_times, has_us = price
        if long is not None and sent + write_5m + write_1h + read > long_from:
            rates = long
        of_input, of_output, of_5m, of_1h, of_read = rates
        total = sent * of_input + output * of_output + read * of_read
        if write_5m or write_1h:
            total += write_5m * of_5m + write_1h * of_1h
        if fast and fast_times:
            total *= fast_times
        if us and has_us:
            total = total * US_TIMES[0] // US_TIMES[1]
        if searches:
            total += searches * SEARCH
        if total <= MAX_COST:
            return total
        return MAX_COST

    @property
    def version(self) -> str:
        """Return a text that differs if a price does."""
        return repr((PRICES, sorted(self._own.items())))

    def _entries(self, name: str) -> tuple[Price, ...]:
        own = self._own.get(name)
        if own is not None:
            return own
        return tuple(
            Price(since, Rates(*rates), long_from, None if long is None else Rates(*long), fast, us)
            for since, rates, long_from, long, fast, us in PRICES.get(name, ())
        )
