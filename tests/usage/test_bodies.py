"""Test every kind of body: those in `bodies/`, written for the tests, and captured ones.

The captured ones are present only in development.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.world import CAPTURES
from usageline.usage.model import Credit, Limit, SourceFailure
from usageline.usage.parse import parse

BODIES = Path(__file__).parent / "bodies"
SESSION, WEEK = ("session", "Current session"), ("weekly_all", "Current week (all models)")
AT_20, AT_THU, DEC_1, DEC_5 = 1795464000, 1795653600, 1796083200, 1796457540


def scoped(label: str) -> tuple[str, str]:
    """Kind and label of a week's limit for one model or surface."""
    return "weekly_scoped", label


def usage_credits(
    used: int | None, limit: int | None, percent: float | None, currency: str = "USD", **more: Any
) -> Credit:
    """The account's usage credits."""
    return Credit(
        **{
            "label": "Usage credits",
            "exponent": 2,
            **more,
            "used_minor": used,
            "limit_minor": limit,
            "percent": percent,
            "currency": currency,
        }
    )


def pool(
    used: int | None, limit: int | None, percent: float | None, ends_at: int | None, **more: Any
) -> Credit:
    """A one-time credit in dollars."""
    more = {"label": "One-time credit", **more}
    return Credit(
        used_minor=used,
        limit_minor=limit,
        percent=percent,
        ends_at=ends_at,
        exponent=2,
        currency="USD",
        expires=True,
        **more,
    )


OURS: dict[str, tuple[list[Limit], list[Credit]]] = {
    "max_with_model_limit": (
        [
            Limit(*SESSION, 37.9, AT_20, "normal"),
            Limit(*WEEK, 26, AT_THU, "normal"),
            Limit(*scoped("Fable"), 55, AT_THU, "warning"),
        ],
        [usage_credits(1234, 5000, 24.68)],
    ),
    "flat_only": (
        [
            Limit(*SESSION, 0, None),
            Limit(*WEEK, 71.8, AT_THU),
            Limit(*scoped("Opus"), 12.77, AT_THU),
            Limit(*scoped("Sonnet"), 0, None),
            Limit(*scoped("Cowork"), 3, AT_THU),
        ],
        [],
    ),
    "organization_on_credits": (
        [],
        [usage_credits(112550, 100000, 112.55, "JPY", exponent=0, reached=True)],
    ),
    "unknown_kinds": (
        [
            Limit("monthly_all", "Monthly all", 4.5, DEC_1, "normal"),
            Limit(*scoped("Cowork"), 10, AT_THU),
            Limit(*scoped("Fable (Cowork)"), 11, AT_THU),
            Limit(*scoped("ws-7"), 12, AT_THU),
            Limit(*scoped("Current week (other)"), 13, AT_THU),
            Limit("monthly_scoped", "Fable (monthly scoped)", 14, DEC_1),
            Limit(*SESSION, 99, AT_20),
        ],
        [pool(None, None, 8, 1795478400)],
    ),
    "pools": (
        [Limit(*SESSION, 1, AT_20)],
        [
            pool(0, 25000, 0, DEC_5),
            pool(
                10009,
                10000,
                100.09,
                DEC_5,
                label="Launch credit",
                enabled=False,
                disabled_reason="depleted",
            ),
            pool(1000, 2000, 50, None, label="Claude Code and Cowork credit"),
        ],
    ),
    "out_of_range": (
        [
            Limit(*SESSION, None, None),
            Limit(*WEEK, None, 1795653592),
            Limit(*scoped("Opus"), 42, AT_THU),
            Limit(*scoped("Sonnet"), None, None),
        ],
        [usage_credits(None, 5000, None, "XXX")],
    ),
    "disabled_with_a_reason": (
        [Limit(*SESSION, 100, AT_20), Limit(*WEEK, 100, AT_THU)],
        [
            usage_credits(
                10770,
                1500,
                718.0,
                "EUR",
                exponent=3,
                enabled=False,
                disabled_reason="out_of_credits",
            )
        ],
    ),
    "no_cap": ([Limit(*WEEK, 5, AT_THU)], [usage_credits(20847, None, None, "GBP")]),
    "nothing_used": ([], []),
}

CAPTURED: dict[str, tuple[list[Limit], list[Credit]]] = {
    "u01_pre-2025-11_legacy": (
        [
            Limit(*SESSION, 0, 1764100800),
            Limit(*WEEK, 0, 1764615600),
            Limit(*scoped("Opus"), 0, 1764615600),
        ],
        [],
    ),
    "u02_2025-11-25": ([Limit(*SESSION, 19, 1764108000), Limit(*WEEK, 7, 1764622800)], []),
    "u03_2026-01-28": ([Limit(*SESSION, 61, 1769587199), Limit(*WEEK, 22, 1770112799)], []),
    "u05_2026-04-30": (
        [
            Limit(*SESSION, 14, 1777587599),
            Limit(*WEEK, 65, 1777845599),
            Limit(*scoped("Sonnet"), 0, 1777845600),
        ],
        [usage_credits(0, 5000, 0)],
    ),
    "u07_2026-07-03_max_fable100": (
        [
            Limit(*SESSION, 0, 1783063799, "normal"),
            Limit(*WEEK, 58, 1783115999, "normal"),
            Limit(*scoped("Fable"), 100, 1783115999, "critical"),
        ],
        [],
    ),
    "u08_2026-07-21_uncapped_credits": (
        [
            Limit(*SESSION, 47, 1784676599, "normal"),
            Limit(*WEEK, 13, 1785171599, "normal"),
            Limit(*scoped("Fable"), 14, 1785171599, "normal"),
        ],
        [usage_credits(20847, None, None)],
    ),
    "u09_2026-07-26_credits_out_of_credits_eur": (
        [
            Limit(*SESSION, 6, 1785039000, "normal"),
            Limit(*WEEK, 65, 1785222000, "normal"),
            Limit(*scoped("Fable"), 36, 1785222000, "normal"),
        ],
        [usage_credits(1077, None, None, "EUR", enabled=False, disabled_reason="out_of_credits")],
    ),
    "u10_2026-07-26_credits_within_limit_eur": (
        [Limit(*SESSION, 16, 1785038999, "normal"), Limit(*WEEK, 66, 1785221999, "normal")],
        [usage_credits(1077, 1500, 71.8, "EUR")],
    ),
    "u12_2026-07-26_credits_unlimited_eur": (
        [Limit(*WEEK, 67, 1785221999, "normal"), Limit(*SESSION, 22, 1785038999)],
        [usage_credits(1077, None, None, "EUR")],
    ),
    "u13_2026-07-27_max20x_windows": (
        [
            Limit(*SESSION, 17, 1785121799, "normal"),
            Limit(*WEEK, 21, 1785405599, "normal"),
            Limit(*scoped("Fable"), 29, 1785405599, "normal"),
        ],
        [],
    ),
    "u15_2026-07-26_cached_2.1.212": (
        [
            Limit(*SESSION, 25, 1785083400, "normal"),
            Limit(*WEEK, 19, 1785628799, "normal"),
            Limit(*scoped("Fable"), 11, 1785628799, "normal"),
        ],
        [],
    ),
    "u16_2026-08-15_max20_eur": (
        [
            Limit(*SESSION, 34, 1786771799, "normal"),
            Limit(*WEEK, 81, 1786762799, "warning"),
            Limit(*scoped("Fable"), 21, 1786762799, "normal"),
        ],
        [usage_credits(0, 1000, 0, "EUR", enabled=False, disabled_reason="out_of_credits")],
    ),
    "u19_2026-09-17_full": (
        [Limit(*SESSION, 89, 1789657800, "warning"), Limit(*WEEK, 35, 1789934400, "normal")],
        [usage_credits(0, 0, None, enabled=False, disabled_reason="org_level_disabled_until")],
    ),
    "u21_2026-09-27_iguana_250": (
        [Limit(*SESSION, 23, 1790535600), Limit(*WEEK, 84, 1790542800)],
        [pool(0, 25000, 0, 1793865540)],
    ),
    "u23_2026-09-29_limits": (
        [
            Limit(*SESSION, 14, 1790642999, "normal"),
            Limit(*WEEK, 37, 1791046799, "normal"),
            Limit(*scoped("Fable"), 0, 1791046800, "normal"),
        ],
        [],
    ),
    "u25_2026-10-06_cached_session_not_started": (
        [Limit(*SESSION, 0, None), Limit(*WEEK, 6, 1791727200)],
        [],
    ),
    "u29_weekly_scoped_entries": (
        [
            Limit(*scoped("Fable"), 70, 1783490400, "normal"),
            Limit(*scoped("Fable (2)"), 100, 1787090399, "critical"),
            Limit(*scoped("Fable (3)"), 82, 1788955200, "warning"),
        ],
        [],
    ),
}
"""Bodies that were seen, by the name of their file. What they are is in the captures' own index."""

NOTHING_KNOWN = ("u27_cedar_ember_ineligible_surface", "u28_2026-09-22_cedar_ember_eligible")


def captured(name: str) -> Any:
    """A captured body, taken out of what surrounds it in its file."""
    path = CAPTURES / f"{name}.json"
    if not path.exists():
        pytest.skip("the captured bodies are not part of the repository")
    body = json.loads(path.read_text())
    if isinstance(body, list):
        return {"limits": body}
    return body.get("cachedUsageUtilization", {}).get("utilization", body)


@pytest.mark.parametrize("name", OURS)
def test_each_body_gives_its_limits_and_credits(name: str) -> None:
    """In the server's order, each once."""
    limits, credits_found = parse(json.loads((BODIES / f"{name}.json").read_text()))
    assert (list(limits), list(credits_found)) == OURS[name]


@pytest.mark.parametrize("name", CAPTURED)
def test_each_captured_body_gives_its_limits_and_credits(name: str) -> None:
    """The same for bodies of the real service."""
    limits, credits_found = parse(captured(name))
    assert (list(limits), list(credits_found)) == CAPTURED[name]


def test_every_body_stands_in_a_table() -> None:
    """A body without an expectation would not be tested."""
    assert {path.stem for path in BODIES.glob("*.json")} == {*OURS, "nothing_known"}
    assert {path.stem for path in CAPTURES.glob("u*.json")} <= {*CAPTURED, *NOTHING_KNOWN}


@pytest.mark.parametrize("name", NOTHING_KNOWN)
def test_a_captured_body_without_a_limit_is_a_failure(name: str) -> None:
    """A fragment of the service's answers with nothing in it that is a limit."""
    body = captured(name)
    with pytest.raises(SourceFailure) as failure:
        parse(body)
    assert failure.value.status == "unreadable"


@pytest.mark.parametrize(
    "body",
    [
        json.loads((BODIES / "nothing_known.json").read_text()),
        {},
        [],
        None,
        7,
        "text",
        {"limits": {}},
        {"limits": [None]},
        {"five_hour": {}},
        {"spend": {}},
    ],
)
def test_a_body_with_nothing_known_in_it_is_unreadable_and_not_zeros(body: object) -> None:
    """An error body with status 200, another shape, another language."""
    with pytest.raises(SourceFailure) as failure:
        parse(body)
    assert failure.value.status == "unreadable"


@pytest.mark.parametrize(
    "body",
    [{"five_hour": None}, {"limits": []}, {"extra_usage": {"is_enabled": False}}, {"spend": None}],
)
def test_nothing_used_is_an_answer(body: dict[str, object]) -> None:
    """Keys that are known and empty: no limits, which is not a failure."""
    assert parse(body) == ((), ())
