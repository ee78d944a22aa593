"""The line shows unusual numbers: above 100%, overdue, of spend limits and pools, too many."""

from __future__ import annotations

import time
from typing import Any

import pytest

from usageline.core import windows
from usageline.line import segments, view
from usageline.line.context import StatusContext
from usageline.line.documents import as_object
from usageline.line.render import render
from usageline.line.segments import with_defaults

pytestmark = pytest.mark.usefixtures("utc")

NOW = 1_795_597_200  # Wednesday 2026-11-25 09:00 UTC
HOUR, DAY = 3600, 86400
DEC_1 = 1_796_083_200
STAMP = "1-2-3"
LIMIT: dict[str, Any] = {"show": ["percent", "reset"]}
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("session", LIMIT),
    ("weekly", LIMIT),
    ("scoped", {}),
    ("credits", {}),
    ("status", {}),
]


def limit(kind: str, percent: object, ahead_s: float | None, label: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "label": label or kind,
        "percent": percent,
        "resets_at": None if ahead_s is None else NOW + ahead_s,
    }


def credit(**fields: Any) -> dict[str, Any]:
    whole = {
        "label": "One-time credit",
        "used_minor": None,
        "limit_minor": None,
        "exponent": 2,
        "currency": "USD",
        "percent": None,
    }
    return {
        **whole,
        "ends_at": None,
        "expires": False,
        "enabled": True,
        "disabled_reason": None,
        "reached": False,
        **fields,
    }


def snapshot(
    *limits_seen: dict[str, Any], credits_seen: tuple[dict[str, Any], ...] = (), **fields: Any
) -> dict[str, Any]:
    times: dict[str, Any] = {"observed_at": NOW, "published_at": NOW, "next_refresh_at": NOW + 300}
    rows: dict[str, Any] = {"limits": list(limits_seen), "credits": list(credits_seen)}
    head: dict[str, Any] = {"version": 1, "status": "ok", "credentials": STAMP}
    return {**head, **times, **rows, **fields}


def built(
    published: dict[str, Any] | None, payload: Any = None, env: dict[str, str] | None = None
) -> Any:
    return view.build(payload, published, STAMP, env or {}, NOW)


def line(
    published: dict[str, Any] | None,
    payload: Any = None,
    env: dict[str, str] | None = None,
    **options: Any,
) -> str:
    row = [[kind, {**given, **options}] for kind, given in ROWS]
    return "".join(
        render(built(published, payload, env), {"rows": [row]}, {"NO_COLOR": "1"}, width=1000)
    )


def test_a_limit_above_100_is_written_as_it_is_and_its_bar_is_full() -> None:
    published = snapshot(limit("session", 101, HOUR), limit("weekly_scoped", 250.9, HOUR, "Fable"))
    assert line(published) == "5h 101% ↻ 1h00m │ 7d Fable 250%"
    assert line(published, count="left") == "5h 0% left ↻ 1h00m │ 7d Fable 0% left"
    bars = "".join(
        render(built(snapshot(limit("session", 1234, None))), {}, {"NO_COLOR": "1"}, width=100)
    )
    assert bars == "5h ██████████ 1234%"
    document = as_object([], built(published))
    assert (document["class"], document["percentage"]) == ("critical", 250)


def test_a_reset_that_is_overdue_is_not_a_number_from_before_the_reset() -> None:
    weekly = limit("weekly_all", 99, -4200)
    assert line(snapshot(weekly)) == "7d 99% reset overdue"
    assert line(snapshot(weekly, observed_at=NOW - 5000)) == "7d – reset 07:50 │ 1h23m ago"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"used_percentage": 92.4, "resets_at": DEC_1}, "spend limit 92% ↻ Tue 00:00"),
        ({"used_percentage": 92.4}, "spend limit 92%"),
        ({"used_percentage": 0}, "spend limit 0%"),
        (
            {"used_percentage": 150, "used_usd": 15, "limit_usd": 10, "period": "daily"},
            "daily spend limit $15/$10",
        ),
        ({"used_percentage": 60, "used_usd": None, "limit_usd": 50}, "spend limit 60% of $50"),
        ({"used_percentage": 60, "used_usd": 3.5, "limit_usd": None}, "spend limit $3.50"),
        ({"used_percentage": 60, "resets_at": NOW - 5}, "gateway: no plan limits"),
        ({}, "gateway: no plan limits"),
    ],
)
def test_a_gateways_spend_limit_is_shown_in_place_of_plan_limits(
    row: dict[str, Any], text: str
) -> None:
    gateway = {"ANTHROPIC_BASE_URL": "https://gateway.example"}
    assert line(None, {"rate_limits": {"spend_limit": row}}, gateway) == text


@pytest.mark.parametrize("published", [None, snapshot(limit("session", 37, HOUR))], ids=["", "ok"])
def test_a_spend_limit_proves_a_gateway_when_no_variable_names_it(published: Any) -> None:
    """An organization's policy or a stored sign-in can require the gateway."""
    row = {"used_percentage": 44, "resets_at": NOW + 3 * DAY}
    assert line(published, {"rate_limits": {"spend_limit": row}}) == "spend limit 44% ↻ Sat 09:00"
    no_rows: list[Any] = [None, {}, [], 44]
    for no_row in no_rows:
        assert "gateway" not in line(published, {"rate_limits": {"spend_limit": no_row}})


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"percent": 60, "limit_minor": 5000}, "One-time credit 60% of $50"),
        ({"percent": 60}, "One-time credit 60%"),
        ({"used_minor": 3000, "percent": 60}, "One-time credit $30"),
        (
            {"percent": 60, "limit_minor": 5000, "ends_at": NOW + 3 * DAY, "expires": True},
            "One-time credit 60% of $50 ends Sat 09:00",
        ),
        (
            {"percent": 60, "limit_minor": 5000, "ends_at": NOW + 3 * DAY},
            "One-time credit 60% of $50 ↻ Sat 09:00",
        ),
        ({"percent": 60, "limit_minor": 5000, "ends_at": NOW - 60, "expires": True}, ""),
        (
            {"percent": 60, "limit_minor": 5000, "ends_at": NOW - 60},
            "One-time credit 60% of $50 reset overdue",
        ),
        ({"percent": None, "limit_minor": 5000}, ""),
        (
            {
                "label": "Usage credits",
                "used_minor": 1077,
                "limit_minor": 500,
                "percent": 215,
                "currency": "EUR",
            },
            "credits €10.77/€5",
        ),
        (
            {
                "label": "Usage credits",
                "used_minor": 1077,
                "limit_minor": 500,
                "percent": 215,
                "currency": "EUR",
                "enabled": False,
                "reached": True,
                "ends_at": DEC_1,
            },
            "credits €10.77/€5 limit reached ↻ Dec 1",
        ),
        ({"label": "Usage credits", "enabled": False, "reached": True}, "credits limit reached"),
        (
            {"label": "Usage credits", "enabled": False, "disabled_reason": "out_of_credits"},
            "out of credits",
        ),
        (
            {
                "label": "Usage credits",
                "used_minor": 5,
                "enabled": False,
                "disabled_reason": "member_zero_credit_limit",
            },
            "",
        ),
    ],
)
def test_a_credit_shows_what_is_known_of_it(fields: dict[str, Any], text: str) -> None:
    assert line(snapshot(credits_seen=(credit(**fields),))) == text


def test_a_credit_of_a_month_that_has_ended_has_no_number() -> None:
    month = credit(
        label="Usage credits", used_minor=1234, limit_minor=5000, percent=24, ends_at=NOW - HOUR
    )
    assert (
        line(snapshot(credits_seen=(month,), observed_at=NOW - 2 * HOUR))
        == "credits – reset Nov 25 │ 2h00m ago"
    )


def test_limits_beyond_those_that_are_shown_are_counted() -> None:
    models = [limit("weekly_scoped", number, None, f"M{number}") for number in range(17)]
    published = snapshot(limit("session", 5, HOUR), limit("weekly_all", 6, DAY), *models)
    assert line(published).endswith("M13 13% │ +3")
    assert "+" not in line(snapshot(*published["limits"][:16]))
    behind = snapshot(*models, limit("session", 5, HOUR))
    assert line(behind).startswith("5h 5%")
    pools = tuple(credit(label=f"P{number}", percent=5) for number in range(18))
    assert line(snapshot(credits_seen=pools)).endswith("P15 5% │ +2")


def test_a_clock_that_is_wrong_is_named_beside_good_numbers() -> None:
    published = snapshot(
        limit("session", 5, HOUR), detail="this machine's clock is 3h00m ahead; config.toml: a note"
    )
    assert line(published) == "5h 5% ↻ 1h00m │ this machine's clock is 3h00m ahead"
    assert (
        line(snapshot(limit("session", 5, HOUR), detail="config.toml: a note")) == "5h 5% ↻ 1h00m"
    )


def test_an_alert_of_an_overdue_window_stands_in_the_line() -> None:
    from usageline.line.segments import forecast  # noqa: PLC0415 - the one test of it here

    row = {
        "kind": "weekly_all",
        "label": "W",
        "threshold": 90,
        "percent": 99,
        "resets_at": NOW - 4200,
        "at": NOW - 60,
        "line": True,
    }
    assert len(forecast.alerts(built(snapshot(alerts=[row])), with_defaults("alerts", {}))) == 1
    assert (
        forecast.alerts(
            built(snapshot(alerts=[{**row, "at": NOW - 4300}])),
            with_defaults("alerts", {"for": 9000}),
        )
        == []
    )


def test_the_hit_ratio_of_the_cache_loses_no_percent_to_noise() -> None:
    context = StatusContext(time.time(), {"prompt_cache": {"hit_ratio": 0.29}})
    from usageline.line.segments import session  # noqa: PLC0415 - the one test of it here

    assert session.cache(context, with_defaults("cache", {"show": ["hits"]}))[0][0][1][-1] == (
        "plain",
        "29%",
    )
    assert segments.MAX_SHOWN < windows.MAX_ROWS
