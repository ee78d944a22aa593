"""Test that a body that allows a choice is read as Claude Code's `/usage` reads it.

Seen with 2.1.330; tests/client compares the two.
"""

from __future__ import annotations

from typing import Any

import pytest

from usageline.usage.parse import parse

EXTRA = {
    "is_enabled": True,
    "monthly_limit": 5000,
    "used_credits": 1234.0,
    "utilization": 24.68,
    "currency": "USD",
    "decimal_places": 2,
}


def usage_credits(spend: object = None, **changes: Any) -> Any:
    """The one credit of a body with these usage credits."""
    return parse({"extra_usage": {**EXTRA, **changes}, "spend": spend})[1][0]


def test_a_window_that_is_reported_twice_has_the_number_that_is_not_rounded() -> None:
    """`spend.percent` is 72 for 71.8 in a captured body (u10).

    A rounded percentage could be one more than Claude Code shows.
    """
    listed = [
        {
            "kind": "session",
            "percent": 72,
            "severity": "normal",
            "resets_at": "2026-11-23T20:00:00Z",
        }
    ]
    limits, _ = parse(
        {"limits": listed, "five_hour": {"utilization": 71.8, "resets_at": "2026-11-23T20:00:00Z"}}
    )
    assert [(limit.percent, limit.severity) for limit in limits] == [(71.8, "normal")]


@pytest.mark.parametrize(
    ("flat", "listed", "shown"),
    [(71.8, 72, 71.8), (12, 60, 60), (60, 12, 60), (None, 12, 12), (12, None, 12), (12, 13, 13)],
)
def test_model_in_both_forms_has_the_higher_number_unless_that_is_rounded(
    flat: float | None, listed: float | None, shown: float
) -> None:
    """The client shows the listed row of a model, too."""
    resets_at = "2026-11-23T20:00:00Z"
    scope = {"model": {"display_name": "Opus"}}
    row = {"kind": "weekly_scoped", "percent": listed, "resets_at": resets_at, "scope": scope}
    (limit,), _ = parse(
        {"limits": [row], "seven_day_opus": {"utilization": flat, "resets_at": resets_at}}
    )
    assert (limit.label, limit.percent) == ("Opus", shown)


def test_of_the_two_forms_of_usage_credits_the_older_one_counts() -> None:
    """The newer one if it is alone, or has what the other lacks."""
    spend = {
        "used": {"amount_minor": 1230, "currency": "EUR", "exponent": 2},
        "limit": {"amount_minor": 6000},
        "enabled": False,
    }
    both = usage_credits(spend)
    assert (both.used_minor, both.limit_minor, both.currency, both.enabled) == (
        1234,
        5000,
        "USD",
        True,
    )
    lacking = usage_credits(spend, used_credits=None, monthly_limit=None, currency=None)
    assert (lacking.used_minor, lacking.limit_minor, lacking.currency) == (1230, 6000, "EUR")


@pytest.mark.parametrize(
    ("currency", "exponent"),
    [("JPY", 0), ("KRW", 0), ("VND", 0), ("USD", 2), ("KWD", 2), (None, 2)],
)
def test_without_decimals_named_a_currency_has_those_that_the_client_gives_it(
    currency: str | None, exponent: int
) -> None:
    assert usage_credits(currency=currency, decimal_places=None).exponent == exponent


def test_half_a_cent_goes_up() -> None:
    assert usage_credits(used_credits=1234.5).used_minor == 1235


def test_a_cap_of_nothing_is_used_up() -> None:
    assert usage_credits(monthly_limit=0, used_credits=0, utilization=None).percent == 100


def test_a_refund_is_nothing_used() -> None:
    assert usage_credits(used_credits=-500.0, utilization=None).percent == 0


def test_a_pool_that_the_client_knows_has_the_clients_name() -> None:
    pool = {
        "utilization": 5,
        "resets_at": "2026-12-05T07:59:00Z",
        "limit_dollars": 250,
        "used_dollars": 12.5,
    }
    _, credits_found = parse(
        {"cinder_cove": pool, "wattle_ember": {**pool, "label": "Launch credit"}}
    )
    assert [credit.label for credit in credits_found] == [
        "Claude Code and Cowork credit",
        "Launch credit",
    ]
