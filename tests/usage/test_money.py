"""Credits in every shape that the service has for them: spend limits, pools, promotions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from usageline.usage.credits import month_end, with_reset_date
from usageline.usage.model import Credit, Reading
from usageline.usage.parse import parse

NOW = 1_795_464_000
SOON, LATER, LAST = "2026-11-28T09:18:52Z", "2026-12-13T00:00:00Z", "2026-12-28T00:00:00Z"
SOON_S = 1_795_857_532
WINDOW = {"five_hour": {"utilization": 10, "resets_at": "2026-11-23T22:00:00Z"}}
EXTRA = {
    "is_enabled": False,
    "monthly_limit": 500,
    "used_credits": 1077.0,
    "utilization": 215.4,
    "currency": "EUR",
    "decimal_places": 2,
}


def credits_of(body: dict[str, Any]) -> list[Credit]:
    return list(parse({**WINDOW, **body})[1])


def pool(**changes: Any) -> Credit:
    """Return the one credit of a body with such a pool under an unknown name."""
    whole = {
        "utilization": 60.0,
        "resets_at": SOON,
        "limit_dollars": 50,
        "used_dollars": 30,
        "remaining_dollars": None,
    }
    (credit,) = credits_of({"amber_ladder": {**whole, **changes}})
    return credit


@pytest.mark.parametrize(
    "fields",
    [
        {"spend_limit_reached": True},
        {"spend_limit_reached": True, "disabled_reason": "org_spend_cap_reached"},
        {"disabled_reason": "org_spend_cap_reached"},
        {"disabled_reason": "enforced_spend_limit_reached"},
        {"disabled_reason": "org_level_disabled_until"},
        {"spend_limit_reached": True, "is_enabled": True},
    ],
)
def test_a_spend_limit_that_is_reached_keeps_its_amounts_and_resets_on_the_first(
    fields: dict[str, Any],
) -> None:
    limits, credits_ = parse({**WINDOW, "extra_usage": {**EXTRA, **fields}})
    (credit,) = with_reset_date(Reading(limits, credits_, "oauth", NOW)).credits
    assert (credit.used_minor, credit.limit_minor, credit.percent, credit.reached) == (
        1077,
        500,
        215.4,
        True,
    )
    assert credit.ends_at == month_end(NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"disabled_reason": "out_of_credits"},
        {"disabled_reason": "member_zero_credit_limit"},
        {"disabled_reason": "org_level_disabled_until", "spend_limit_reached": False},
        {"disabled_reason": None},
    ],
)
def test_credits_that_are_off_for_another_reason_have_reached_no_limit(
    fields: dict[str, Any],
) -> None:
    (credit,) = credits_of({"extra_usage": {**EXTRA, **fields}})
    assert (credit.enabled, credit.reached) == (False, False)


def test_a_limit_reached_without_amounts_is_still_shown() -> None:
    (credit,) = credits_of({"extra_usage": {"is_enabled": False, "spend_limit_reached": True}})
    assert (credit.used_minor, credit.limit_minor, credit.reached) == (None, None, True)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, (3000, 5000, 60)),
        ({"used_dollars": None}, (None, 5000, 60)),
        ({"used_dollars": None, "remaining_dollars": 20}, (3000, 5000, 60)),
        ({"limit_dollars": None}, (3000, None, 60)),
        ({"limit_dollars": None, "used_dollars": None}, (None, None, 60)),
        ({"utilization": None}, (3000, 5000, 60)),
        ({"utilization": 130, "used_dollars": 65}, (6500, 5000, 130)),
        ({"utilization": NOW, "used_dollars": None}, (None, 5000, None)),
    ],
)
def test_a_pool_shows_what_is_known_of_it(
    changes: dict[str, Any], shown: tuple[object, ...]
) -> None:
    credit = pool(**changes)
    assert (credit.used_minor, credit.limit_minor, credit.percent) == shown
    assert (credit.label, credit.ends_at, credit.expires) == ("One-time credit", SOON_S, True)


@pytest.mark.parametrize(
    "name", ["iguana_necktie", "tangelo", "velvet_harbor", "nimbus_quill", "zircon_9_otter"]
)
def test_a_code_name_is_no_label_and_a_pool_at_0_without_dollars_is_nothing(name: str) -> None:
    (credit,) = credits_of({name: {"utilization": 7.7, "resets_at": SOON}})
    assert (credit.label, credit.percent, credit.expires) == ("One-time credit", 7.7, True)
    assert credits_of({name: {"utilization": 0.0, "resets_at": SOON}}) == []
    assert credits_of({name: {"utilization": None, "resets_at": SOON, "limit_dollars": 0}}) == []


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Launch credit", "Launch credit"),
        ("amber_ladder", "One-time credit"),
        ("Usage credits", "One-time credit"),
        (7, "One-time credit"),
    ],
)
def test_a_pool_has_the_services_label_unless_that_is_a_code_name(
    label: object, shown: str
) -> None:
    assert pool(label=label).label == shown


@pytest.mark.parametrize(
    ("name", "label"),
    [("cinder_cove", "Claude Code and Cowork credit"), ("wattle_ember", "Credit")],
)
def test_pools_that_the_client_draws_have_its_words_and_are_there_at_0(
    name: str, label: str
) -> None:
    (credit,) = credits_of({name: {"utilization": 0.0, "resets_at": SOON}})
    assert (credit.label, credit.percent, credit.expires) == (label, 0, True)


@pytest.mark.parametrize("name", ["one_hour", "thirty_day", "monthly_all", "weekly_cowork"])
def test_a_window_named_by_its_length_stays_a_window(name: str) -> None:
    limits, credits_ = parse({name: {"utilization": 4, "resets_at": SOON}})
    assert ([limit.percent for limit in limits], credits_) == ([4], ())


@pytest.mark.parametrize(
    ("periods", "expires"),
    [
        (None, True),
        ([], True),
        ([{"starts_at": SOON, "ends_at": LAST}], True),
        (
            [
                {"starts_at": "2026-11-01T00:00:00Z", "ends_at": SOON},
                {"starts_at": SOON, "ends_at": LAST},
            ],
            False,
        ),
        (
            [
                {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-05T00:00:00Z"},
                {"starts_at": LATER, "ends_at": SOON},
            ],
            True,
        ),
        ([{"ends_at": SOON}, {"ends_at": LATER}, {"ends_at": LAST}], False),
        ([None, 7], True),
        ({"first": SOON}, True),
    ],
)
def test_a_credit_with_a_period_ahead_resets_and_else_expires(
    periods: object, expires: bool
) -> None:
    assert pool(periods=periods).expires is expires
    (promotion,) = credits_of(
        {"promo_credits": [{"label": "P", "utilization": 5, "resets_at": SOON, "periods": periods}]}
    )
    assert promotion.expires is expires


PROMOTION = {
    "program_id": "spring_2026",
    "label": " Holiday credit ",
    "utilization": 12.9,
    "resets_at": SOON,
    "limit_dollars": 100,
    "used_dollars": 12.9,
    "periods": None,
    "terms_line": "Covers Fable usage. Unused credit doesn't carry over.",
}
PROMOTED = Credit(
    "Holiday credit",
    1290,
    10000,
    2,
    "USD",
    12.9,
    SOON_S,
    expires=True,
    terms="Covers Fable usage. Unused credit doesn't carry over.",
)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, PROMOTED),
        ({"used_dollars": None}, replace(PROMOTED, used_minor=None)),
        (
            {"limit_dollars": None, "used_dollars": None},
            replace(PROMOTED, used_minor=None, limit_minor=None),
        ),
        ({"utilization": 0, "used_dollars": 0}, replace(PROMOTED, used_minor=0, percent=0)),
        (
            {"utilization": 104.2, "used_dollars": 104.2},
            replace(PROMOTED, used_minor=10420, percent=104.2),
        ),
        ({"resets_at": None}, replace(PROMOTED, ends_at=None)),
        ({"resets_at": "soon"}, replace(PROMOTED, ends_at=None)),
        ({"label": 5}, replace(PROMOTED, label="One-time credit")),
        ({"terms_line": None}, replace(PROMOTED, terms=None)),
        ({"new_key": {"deep": [1]}}, PROMOTED),
    ],
)
def test_a_promotional_credit_is_a_row(changes: dict[str, Any], shown: Credit) -> None:
    assert credits_of({"promo_credits": [{**PROMOTION, **changes}]}) == [shown]


def test_each_promotional_credit_is_a_row_but_for_those_that_the_client_leaves_out() -> None:
    rows: list[Any] = [
        PROMOTION,
        {**PROMOTION, "program_id": "model_promo_fable"},
        {**PROMOTION, "label": "Second"},
        None,
        "text",
        [],
        {},
    ]
    ended = [
        {
            **PROMOTION,
            "label": "Ended",
            "notice": {"id": "1", "kind": "ended", "title": "T", "text": "X"},
        }
    ]
    credits_ = credits_of({"promo_credits": rows, "ended_promo_credits": ended})
    assert [credit.label for credit in credits_] == ["Holiday credit", "Second"]


@pytest.mark.parametrize("rows", [{}, "text", 7, None, {"rows": []}])
def test_promotional_credits_of_another_shape_are_none(rows: object) -> None:
    assert credits_of({"promo_credits": rows}) == []


def usage_credits(**changes: Any) -> Credit:
    """Return the usage credits of a body that has them on, with `changes`."""
    (credit,) = credits_of({"extra_usage": {**EXTRA, "is_enabled": True, **changes}})
    return credit


@pytest.mark.parametrize("cap", ["500", True, [500], 10**13, float("nan"), -(10**13)], ids=str)
def test_a_cap_that_cannot_be_read_is_not_no_cap(cap: object) -> None:
    """The credits have one: `terms` say so, and the percentage is the service's."""
    credit = usage_credits(monthly_limit=cap)
    assert (credit.used_minor, credit.limit_minor, credit.percent) == (1077, None, 215.4)
    assert credit.terms == "The limit cannot be read."
    assert usage_credits(monthly_limit=None).terms is None


@pytest.mark.parametrize("cap", [0, -1, -500])
def test_a_cap_of_nothing_or_less_is_used_up(cap: int) -> None:
    """As on Claude Code's own screen."""
    assert usage_credits(monthly_limit=cap, utilization=None).percent == 100


def test_credits_without_a_cap_that_are_on_have_reached_none() -> None:
    """Claude Code's own screen shows "Unlimited"."""
    credit = usage_credits(monthly_limit=None, utilization=None, spend_limit_reached=True)
    assert (credit.enabled, credit.reached, credit.percent) == (True, False, None)
    assert usage_credits(monthly_limit="500", spend_limit_reached=True).reached


def test_a_limit_in_another_currency_is_no_cap() -> None:
    spend = {
        "used": {"amount_minor": 1200, "currency": "EUR", "exponent": 2},
        "limit": {"amount_minor": 5000, "currency": "USD"},
    }
    (credit,) = credits_of({"spend": {**spend, "percent": 22, "enabled": True}})
    assert (credit.used_minor, credit.limit_minor, credit.currency, credit.percent) == (
        1200,
        None,
        "EUR",
        22,
    )
    assert credit.terms
    (mixed,) = credits_of(
        {
            "spend": {**spend, "enabled": True},
            "extra_usage": {"is_enabled": True, "used_credits": 900, "currency": "GBP"},
        }
    )
    assert (mixed.used_minor, mixed.limit_minor, mixed.currency, mixed.percent) == (
        900,
        None,
        "GBP",
        None,
    )


def scoped(percent: float, resets_at: str = SOON, **model: object) -> dict[str, Any]:
    return {
        "kind": "weekly_scoped",
        "percent": percent,
        "resets_at": resets_at,
        "scope": {"model": {"display_name": "Fable", **model}},
    }


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([scoped(30), scoped(60)], [("Fable", 60)]),
        ([scoped(60), scoped(30)], [("Fable", 60)]),
        (
            [scoped(30, id="fable-5"), scoped(60, id="fable-6")],
            [("Fable", 30), ("Fable (fable-6)", 60)],
        ),
        ([scoped(30), scoped(60, LATER)], [("Fable", 30), ("Fable (2)", 60)]),
        ([scoped(30), scoped(60, LATER), scoped(61, LATER)], [("Fable", 30), ("Fable (2)", 61)]),
        ([scoped(30), {**scoped(60), "percent": None}], [("Fable", 30)]),
    ],
)
def test_one_model_listed_twice_is_two_rows_if_they_differ_and_else_the_higher(
    rows: list[Any], shown: list[Any]
) -> None:
    assert [(limit.label, limit.percent) for limit in parse({"limits": rows})[0]] == shown


def test_of_a_session_listed_twice_the_later_window_counts() -> None:
    rows = [
        {"kind": "session", "percent": 99, "resets_at": SOON},
        {"kind": "session", "percent": 3, "resets_at": LATER},
    ]
    assert [limit.percent for limit in parse({"limits": rows})[0]] == [3]
    assert [limit.percent for limit in parse({"limits": rows[::-1]})[0]] == [3]
