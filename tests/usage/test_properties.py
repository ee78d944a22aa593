"""Rules that hold for every body, generated ones included."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.windows import MAX_PERCENT
from usageline.storage import codec
from usageline.usage.model import Credit, Limit, Reading, SourceFailure
from usageline.usage.parse import parse

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4)
    ),
    max_leaves=12,
)

PERCENTS = st.integers(0, 100) | st.floats(0, 100) | st.floats(100, 2 * MAX_PERCENT) | SCALARS
TIMES = st.just("2026-11-23T20:00:00.123456+00:00") | st.none() | SCALARS
KINDS = (
    st.sampled_from(["session", "weekly_all", "weekly_scoped", "monthly_all", "daily_scoped"])
    | SCALARS
)
NAMES = st.sampled_from(["Opus", "Sonnet", "Fable", "Opus"]) | SCALARS
SCOPES = (
    st.none()
    | st.fixed_dictionaries({"model": st.fixed_dictionaries({"display_name": NAMES})})
    | JSON
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "kind": KINDS,
        "percent": PERCENTS,
        "resets_at": TIMES,
        "severity": SCALARS,
        "scope": SCOPES,
    },
)
WINDOWS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "utilization": PERCENTS,
        "resets_at": TIMES,
        "limit_dollars": PERCENTS,
        "used_dollars": PERCENTS,
    },
)
MONEY = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "amount_minor": st.integers() | SCALARS,
        "currency": SCALARS,
        "exponent": st.integers(-1, 8) | SCALARS,
    },
)
EXTRA = st.fixed_dictionaries(
    {},
    optional={
        "is_enabled": SCALARS,
        "monthly_limit": SCALARS,
        "used_credits": SCALARS,
        "utilization": SCALARS,
        "currency": SCALARS,
        "decimal_places": st.integers(-1, 8) | SCALARS,
        "disabled_reason": SCALARS
        | st.sampled_from(["org_spend_cap_reached", "out_of_credits", "org_level_disabled_until"]),
        "spend_limit_reached": SCALARS,
    },
)
SPEND = st.fixed_dictionaries(
    {}, optional={"used": MONEY, "limit": MONEY, "percent": SCALARS, "enabled": SCALARS}
)
PERIODS = (
    st.lists(
        st.fixed_dictionaries({}, optional={"starts_at": TIMES, "ends_at": TIMES}) | JSON,
        max_size=3,
    )
    | JSON
)
PROMOTIONS = st.fixed_dictionaries(
    {},
    optional={
        "program_id": SCALARS,
        "label": SCALARS,
        "utilization": PERCENTS,
        "resets_at": TIMES,
        "limit_dollars": PERCENTS,
        "used_dollars": PERCENTS,
        "periods": PERIODS,
        "terms_line": SCALARS,
    },
)
FLAT = [
    "five_hour",
    "seven_day",
    "seven_day_opus",
    "seven_day_sonnet",
    "seven_day_new_thing",
    "nimbus_quill",
    "iguana_necktie",
]
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "limits": st.lists(ROWS | SCALARS, max_size=6) | JSON,
        "extra_usage": EXTRA | JSON,
        "spend": SPEND | JSON,
    }
    | dict.fromkeys(FLAT, WINDOWS | JSON)
    | {"promo_credits": st.lists(PROMOTIONS | JSON, max_size=3) | JSON},
)


@given(BODIES | JSON)
def test_every_body_gives_a_sane_reading_or_a_named_failure(body: Any) -> None:
    """Valid percentages, texts and amounts, or `unreadable`, and never another error."""
    limits: tuple[Limit, ...] = ()
    credits_found: tuple[Credit, ...] = ()
    status = "ok"
    try:
        limits, credits_found = parse(body)
    except SourceFailure as failure:
        status = failure.status
    assert status in {"ok", "unreadable"}
    for limit in limits:
        assert limit.percent is None or 0 <= limit.percent <= MAX_PERCENT
        assert type(limit.percent) is not bool
        for text in (limit.kind, limit.label):
            assert 0 < len(text) <= 64
            assert text.isprintable()
    for credit in credits_found:
        assert type(credit.used_minor) in {int, type(None)}
        assert 0 <= credit.exponent <= 6
        assert credit.percent is None or 0 <= credit.percent <= MAX_PERCENT
        assert (
            credit.label != "Usage credits"
            or credit.limit_minor is not None
            or credit.percent is None
            or credit.terms
        )
    json.dumps(
        [codec.as_json(Reading(limits, credits_found, "oauth", 1795464000))], allow_nan=False
    )


@given(BODIES)
def test_each_limit_is_there_once(body: dict[str, Any]) -> None:
    """However often and in whatever forms a body names it."""
    try:
        limits, credits_found = parse(body)
    except SourceFailure:
        return
    names = [(limit.kind, limit.label.casefold()) for limit in limits]
    assert len(names) == len(set(names))
    assert (
        sum(credit.label == "Usage credits" and not credit.expires for credit in credits_found) <= 1
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["session", "weekly_all", "daily", "monthly"]), st.floats(0, 300)
        ),
        unique_by=lambda row: row[0],
    )
)
def test_the_servers_order_and_numbers_are_kept(rows: list[tuple[str, float]]) -> None:
    """Nothing sorted, nothing rounded but binary noise, nothing invented."""
    limits, _ = parse(
        {
            "limits": [
                {"kind": kind, "percent": percent, "resets_at": None} for kind, percent in rows
            ]
        }
    )
    assert [limit.kind for limit in limits] == [kind for kind, _ in rows]
    assert [limit.percent for limit in limits] == [
        pytest.approx(percent, rel=0, abs=1e-9) for _, percent in rows
    ]


@given(BODIES)
def test_a_reading_comes_back_from_the_store_as_it_was(body: dict[str, Any]) -> None:
    """By way of JSON text."""
    try:
        reading = Reading(*parse(body), source="oauth", observed_at=1795464000, plan="Max 5x")
    except SourceFailure:
        return
    assert codec.from_json(json.loads(json.dumps(codec.as_json(reading)))) == reading


@given(JSON)
def test_what_the_store_did_not_write_is_no_reading(value: Any) -> None:
    """None, and never an error."""
    assert codec.from_json(value) is None
