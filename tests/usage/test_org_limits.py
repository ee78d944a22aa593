"""Read spend limits, requests for higher ones, and rate limits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world import REPOSITORY
from usageline.usage.org import limits
from usageline.usage.org.limits import (
    BLOCKED,
    KNOWN,
    LIMITED,
    PLAN_ONLY,
    UNLIMITED,
    UNREADABLE,
    ZERO,
    SpendLimit,
)
from usageline.usage.org.settings import read_rate_limits

if TYPE_CHECKING:
    from collections.abc import Iterable

SAMPLES = REPOSITORY.parent / "shared" / "official"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample bodies here")

NOW = 1_795_936_515  # Sunday, 2026-11-29, 07:15 UTC
MISSING = object()
UNREADABLES: tuple[object, ...] = ("", "much", "-1", "1e400", "NaN", 1.5, True, [], {})

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = (
    "amount",
    "currency",
    "period",
    "period_to_date_spend",
    "scope",
    "actor",
    "source",
    "groups",
)


def row(amount: object = "50000", spent: object = "47120.5", **changes: object) -> dict[str, Any]:
    """Return a row of a member, without the keys that are MISSING."""
    whole = {
        "scope": {"type": "user", "user_id": "user_1"},
        "actor": {
            "type": "user_actor",
            "user_id": "user_1",
            "name": "Ana",
            "email_address": "ana@example.com",
            "deleted": False,
        },
        "amount": amount,
        "currency": "USD",
        "period": "monthly",
        "source": {"type": "seat_tier", "seat_tier": "standard"},
        "period_to_date_spend": spent,
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not MISSING}


def read(*rows: object) -> list[SpendLimit]:
    """Return the limits of rows."""
    return limits.read_limits(rows)


def facts(limit: SpendLimit) -> tuple[object, ...]:
    """Return what the table of expected rows has."""
    holder = limit.holder
    percent = None if limit.percent is None else float(limit.percent)
    return (
        *(holder.kind, holder.key, limit.period, limit.state, limit.limit and str(limit.limit)),
        *(limit.spent_state, limit.spent and str(limit.spent), percent, limit.source),
    )


ANA, BEN = "user_01SyntheticAna0000000001", "user_01SyntheticBen0000000002"
GONE, WORKSPACE = "user_01SyntheticGone000000003", "wrkspc_01SyntheticWs0000001"
TIER = "seat_tier: enterprise_standard"
EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "spend_limits_effective.page1": [
        ("user", ANA, "monthly", LIMITED, "500.00", KNOWN, "471.205", 94.241, TIER),
        ("user", ANA, "daily", LIMITED, "50.00", KNOWN, "1.20125", 2.4025, "user"),
    ],
    "spend_limits_effective.page2": [
        ("user", BEN, "monthly", UNLIMITED, None, ZERO, Decimal(0), None, "organization"),
        ("user", GONE, "monthly", PLAN_ONLY, Decimal(0), ZERO, Decimal(0), None, "something_new"),
    ],
    "spend_limits": [
        ("usage_tier", "", "monthly", LIMITED, "500000.00", UNREADABLE, None, None, ""),
        ("workspace", WORKSPACE, "monthly", LIMITED, "2000.00", UNREADABLE, None, None, ""),
    ],
    "gateway_spend_limits_effective": [
        (
            *("user", "oidc-sub-1", "daily", LIMITED, "100.00", KNOWN, "81.20", 81.2),
            "rbac_group: contractors",
        ),
    ],
}


@needs_samples
@pytest.mark.parametrize("name", EXPECTED)
def test_sample_body_is_read_as_expected(name: str) -> None:
    body = json.loads((SAMPLES / f"{name}.json").read_text())
    assert [facts(limit) for limit in read(*body["data"])] == EXPECTED[name]


@needs_samples
def test_sample_request_is_read_as_expected() -> None:
    body = json.loads((SAMPLES / "spend_limit_increase_requests.json").read_text())
    (request,) = limits.read_requests(body["data"])
    assert (request.key, request.holder.key) == ("slir_01Synthetic", ANA)
    assert (request.period, request.status) == ("monthly", "pending")
    assert request.asked_at == 1_795_514_400  # 2026-11-24T10:00:00Z
    assert request.summary
    assert facts(request.summary) == EXPECTED["spend_limits_effective.page1"][0]


RATES: dict[str, list[tuple[object, ...]]] = {
    "rate_limits": [
        ("Claude Opus 5.x", "model_group", 2, "requests_per_minute", 4000, None, ""),
        (
            *("Claude Opus 5.x", "model_group", 2, "input_tokens_per_minute_cache_aware"),
            *(10_000_000, None, ""),
        ),
        ("Claude Opus 5.x", "model_group", 2, "output_tokens_per_minute", 800_000, None, ""),
        ("Batch", "batch", 0, "enqueued_batch_requests", 500_000, None, ""),
    ],
    "rate_limits.old": [
        ("Model Group", "model_group", 1, "requests_per_minute", 4000, None, ""),
        ("Batch", "batch", 0, "enqueued_batch_requests", 500_000, None, ""),
    ],
    "workspace_rate_limits": [
        ("Claude Opus 5.x", "model_group", 2, "requests_per_minute", 1000, 4000, "workspace"),
        (
            *("Claude Opus 5.x", "model_group", 2, "output_tokens_per_minute"),
            *(800_000, 800_000, "organization"),
        ),
    ],
}


@needs_samples
@pytest.mark.parametrize("name", RATES)
def test_sample_rate_limits_are_read_as_expected(name: str) -> None:
    body = json.loads((SAMPLES / f"{name}.json").read_text())
    assert [
        (one.group, one.group_type, len(one.models), one.kind, one.value, one.whole, one.source)
        for one in read_rate_limits(body["data"])
    ] == RATES[name]


@pytest.mark.parametrize(
    ("amount", "state"),
    [
        ("50000", LIMITED),
        (50_000, LIMITED),
        ("0.5", LIMITED),
        (None, UNLIMITED),
        ("0", PLAN_ONLY),
        (0, PLAN_ONLY),
        *((unreadable, UNREADABLE) for unreadable in UNREADABLES),
        (MISSING, UNREADABLE),
    ],
)
def test_no_limit_plan_only_and_unreadable_are_three_things(amount: object, state: str) -> None:
    (limit,) = read(row(amount))
    assert limit.state == state
    assert (limit.limit is not None) == (state in (LIMITED, PLAN_ONLY))
    assert (limit.percent is not None) == (state == LIMITED)


@pytest.mark.parametrize(
    ("spent", "state", "amount"),
    [
        ("12050.5", KNOWN, Decimal("120.505")),
        ("0", ZERO, Decimal(0)),
        ("0.0", ZERO, Decimal(0)),
        ("-300", KNOWN, Decimal(-3)),
        *((value, UNREADABLE, None) for value in (None, MISSING, "x", 1.5)),
    ],
)
def test_spending_of_zero_is_told_from_none_and_from_an_amount(
    spent: object, state: str, amount: Decimal | None
) -> None:
    (limit,) = read(row(spent=spent))
    assert (limit.spent_state, limit.spent) == (state, amount)


def test_zero_of_a_gateway_blocks() -> None:
    (limit,) = read(row("0", groups=["contractors"]))
    assert (limit.state, limit.is_near, limit.groups) == (BLOCKED, True, ("contractors",))


def test_currency_without_decimals_has_whole_units() -> None:
    (limit,) = read(row("5000", "1234", currency="JPY"))
    assert (limit.limit, limit.spent) == (Decimal(5000), Decimal(1234))


def test_limit_is_not_used_after_a_refund() -> None:
    (limit,) = read(row(spent="-300"))
    assert (limit.percent, limit.is_near) == (Decimal(0), False)


def test_row_that_comes_again_on_the_next_page_is_left_out() -> None:
    rows = [row(), row(), row(period="daily"), row()]
    assert [limit.period for limit in read(*rows)] == ["monthly", "daily"]
    asked = {"id": "s", "period": "monthly", "spend_summary": row()}
    assert len(limits.read_requests([asked, asked])) == 1


@pytest.mark.parametrize(
    ("percent", "is_near"), [("79.999", False), ("80", True), ("100", True), ("250", True)]
)
def test_limit_is_near_from_80_percent_on(percent: str, is_near: bool) -> None:
    (limit,) = read(row("10000", str(Decimal(percent) * 100)))
    assert limit.is_near is is_near


def test_limit_that_is_switched_off_is_never_near() -> None:
    (limit,) = read(row("10000", "9900", is_enabled=False))
    assert not limit.is_near


def test_unknown_actor_scope_and_period_keep_their_own_names() -> None:
    (limit,) = read(
        row(
            actor={"type": "robot_actor", "id": "r2"},
            period="fortnightly",
            source={"type": "moon_phase"},
        )
    )
    assert (limit.holder.kind, limit.holder.key) == ("robot", "r2")
    assert (limit.period, limit.source) == ("fortnightly", "moon_phase")
    assert limits.resets_at("fortnightly", NOW) is None


@pytest.mark.parametrize(
    ("period", "now", "end"),
    [
        ("daily", NOW, 1_795_996_800),  # Monday, 2026-11-30
        ("weekly", NOW, 1_795_996_800),
        ("weekly", NOW + 86400, 1_796_601_600),
        ("monthly", NOW, 1_796_083_200),  # 2026-12-01
        ("monthly", NOW + 5 * 86400, 1_798_761_600),  # 2027-01-01
    ],
)
def test_period_ends_at_midnight_in_utc(period: str, now: float, end: int) -> None:
    assert limits.resets_at(period, now) == end


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["10000", "1", "0", None, "x"]), st.integers(0, 20_000), st.booleans()
        ),
        max_size=12,
    )
)
def test_order_is_near_then_unreadable_then_by_percent(
    values: Iterable[tuple[object, int, bool]],
) -> None:
    rows = [
        row(amount, str(spent), **({"groups": []} if gateway else {}))
        for amount, spent, gateway in values
    ]
    ordered = limits.in_order(read(*rows))
    places = [0 if one.is_near else 1 if one.state == UNREADABLE else 2 for one in ordered]
    assert places == sorted(places)
    for place in (0, 2):
        percents = [
            one.percent
            for one, at in zip(ordered, places, strict=True)
            if at == place and one.percent is not None
        ]
        assert percents == sorted(percents, reverse=True)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON) | JSON, max_size=4))
def test_hostile_rows_never_fail(rows: list[object]) -> None:
    for limit in limits.in_order(limits.read_limits(rows)):
        assert limit.state in limits.STATES
        assert limit.spent_state in limits.SPENT_STATES
        assert limit.percent is None or 0 <= limit.percent <= 1_000_000
    limits.read_requests([{"spend_summary": one, "actor": one} for one in rows])
    read_rate_limits([{"limits": rows, "models": rows, "group": one} for one in rows])
