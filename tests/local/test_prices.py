"""Test the cost of a response against the published prices."""

from __future__ import annotations

import pytest

from usageline.usage.local.prices import PICO, PriceList, base_name, own_prices
from usageline.usage.local.responses import Part, Tokens

MILLION = 1_000_000
NOW = 1_795_000_000_000
IN_JANUARY = 1_768_900_000_000
FREE = {"input": 0, "output": 0}


@pytest.mark.parametrize(
    ("model", "tokens", "dollars"),
    [
        ("claude-opus-4-8", Tokens(MILLION, 100_000), 7.5),
        ("claude-opus-4-8", Tokens(write_1h=MILLION), 10),
        ("claude-opus-4-8", Tokens(write_5m=MILLION), 6.25),
        ("claude-opus-5-5", Tokens(MILLION, 100_000, read=MILLION), 6.2),
        ("claude-fable-5-1", Tokens(read=10 * MILLION), 2.5),
        ("claude-haiku-5-5", Tokens(90_000), 0.009),
        ("claude-haiku-5-5", Tokens(150_000), 0.075),
        ("claude-opus-4-8", Tokens(searches=5), 0.05),
    ],
)
def test_a_price_is_that_of_the_list(model: str, tokens: Tokens, dollars: float) -> None:
    assert PriceList().cost(Part(model, tokens), NOW) == round(dollars * PICO)


@pytest.mark.parametrize(
    ("model", "fast", "us", "times"),
    [
        ("claude-opus-4-8", True, False, 2),
        ("claude-opus-4-8", False, True, 1.1),
        ("claude-opus-4-8", True, True, 2.2),
        ("claude-haiku-4-5", True, True, 1),
    ],
)
def test_fast_mode_and_the_us_cost_more(model: str, fast: bool, us: bool, times: float) -> None:
    tokens, prices = Tokens(MILLION), PriceList()
    usual = prices.cost(Part(model, tokens), NOW)
    assert usual is not None
    assert prices.cost(Part(model, tokens, fast, us), NOW) == round(usual * times)


def test_the_whole_prompt_chooses_the_rates_of_its_time() -> None:
    part = Part("claude-opus-4-6", Tokens(10, read=250_000))
    prices = PriceList()
    assert prices.cost(part, IN_JANUARY) == 2 * (prices.cost(part, NOW) or 0)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("us.anthropic.claude-opus-4-8-v1:0", "claude-opus-4-8"),
        ("claude-opus-4-8[1m]", "claude-opus-4-8"),
        ("anthropic/claude-opus-5", "claude-opus-5"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
        ("anthropic.claude-3-haiku-20240307-v1:0:200k", "claude-3-haiku-20240307"),
        ("bedrock/us.anthropic.claude-opus-4-6-v1[1m]", "claude-opus-4-6"),
        ("openrouter/anthropic/claude-opus-4.8:thinking", "claude-opus-4-8"),
    ],
)
def test_a_models_name_is_that_of_the_list(model: str, name: str) -> None:
    assert base_name(model) == name
    assert PriceList().price(model, NOW) == PriceList().price(name, NOW) is not None


@pytest.mark.parametrize("model", ["claude-next-9", "", "gpt", "claude-opus-4-9"])
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert PriceList().cost(Part(model, Tokens(1)), NOW) is None


def test_own_price_replaces_the_built_in_one() -> None:
    own = own_prices({"claude-opus-4-8": {"input": 1, "output": 2}, "glm-4.6": FREE})
    prices = PriceList(own)
    everything = Tokens(MILLION, MILLION, MILLION, MILLION, MILLION)
    assert prices.cost(Part("claude-opus-4-8", everything), NOW) == 6.35 * PICO
    assert prices.cost(Part("claude-opus-4-8", Tokens(MILLION), fast=True), NOW) == 2 * PICO
    assert prices.cost(Part("us.anthropic.claude-opus-4-8-v1:0", Tokens(MILLION)), NOW) == PICO
    assert prices.cost(Part("glm-4.6", everything), NOW) == 0
    assert prices.version != PriceList().version


def test_own_price_may_be_of_one_region() -> None:
    name = "eu.anthropic.claude-opus-4-8-v1:0"
    prices = PriceList(own_prices({name: {"input": 1, "output": 2, "cache_read": 7}}))
    assert prices.cost(Part(name, Tokens(MILLION, read=MILLION)), NOW) == 8 * PICO
    assert prices.cost(Part("claude-opus-4-8", Tokens(MILLION)), NOW) == 5 * PICO
