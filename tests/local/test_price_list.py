"""Check the price list against its sources."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import pytest

from tools import prices
from usageline.usage.local import price_list
from usageline.usage.local.prices import PriceList, base_name

LITELLM = json.loads(prices.LITELLM.read_text())
LATER = 1_900_000_000_000
"""A time after every change of a price, in epoch ms."""

NO_LONGER_POSSIBLE = {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929"}
"""Models that no longer take the long prompts that had a price of their own."""


def test_the_list_is_what_its_generator_writes() -> None:
    if f"genai-prices {version('genai-prices')}" not in price_list.SOURCE:
        pytest.skip("this Python has another release of genai-prices")
    names: dict[str, Any] = {}
    exec(prices.render(), names)  # noqa: S102 - our own generator
    assert names["PRICES"] == price_list.PRICES
    assert (names["SOURCE"], names["DATE"]) == (price_list.SOURCE, price_list.DATE)


@pytest.mark.parametrize("model", sorted(LITELLM["models"]))
def test_litellm_has_the_same_price(model: str) -> None:
    _since, rates, long_from, long, fast, us = LITELLM["models"][model]
    price = PriceList().price(base_name(model), LATER)
    assert price is not None
    assert list(price.rates) == rates
    if base_name(model) not in NO_LONGER_POSSIBLE:
        assert (price.long_from, price.long and list(price.long)) == (long_from, long)
    assert (price.fast, price.us) == (fast, us)


def test_litellm_knows_most_current_models() -> None:
    assert len(LITELLM["models"]) > 20
    assert LITELLM["source"] in price_list.SOURCE
