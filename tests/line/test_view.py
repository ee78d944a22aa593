from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.windows import severity
from usageline.line import context, view

if TYPE_CHECKING:
    from usageline.line.context import StatusContext

NOW = 1_795_400_000
HOUR = 3600
STAMP = "1-2-3"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def limit(kind: str, percent: object, resets_at: object, label: str = "") -> dict[str, object]:
    return {
        "kind": kind,
        "label": label or kind,
        "percent": percent,
        "resets_at": resets_at,
        "severity": "normal",
    }


def snapshot(*limits: dict[str, object], **fields: object) -> dict[str, object]:
    return {
        "version": 1,
        "status": "ok",
        "observed_at": NOW,
        "published_at": NOW,
        "next_refresh_at": NOW + 300,
        "credentials": STAMP,
        "limits": list(limits),
        "credits": [],
        **fields,
    }


def payload(**windows: tuple[object, object]) -> dict[str, object]:
    return {
        "rate_limits": {
            name: {"used_percentage": used, "resets_at": at} for name, (used, at) in windows.items()
        }
    }


def build(
    payload: Any = None, snapshot: Any = None, env: dict[str, str] | None = None
) -> StatusContext:
    built: StatusContext = view.build(payload, snapshot, STAMP, env or {}, NOW)
    return built


def windows(built: StatusContext) -> list[tuple[str, object, object]]:
    return [(window.kind, window.percent, window.resets_at) for window in built.windows]


def test_the_snapshot_alone_gives_its_limits_in_order() -> None:
    rows = [
        limit("session", 37.5, NOW + HOUR),
        limit("weekly_all", 26, NOW + 50 * HOUR),
        limit("weekly_scoped", 55, None, "Fable"),
    ]
    assert windows(build(None, snapshot(*rows))) == [
        ("session", 37.5, NOW + HOUR),
        ("weekly_all", 26, NOW + 50 * HOUR),
        ("weekly_scoped", 55, None),
    ]


def test_the_payload_alone_gives_both_its_windows_in_order() -> None:
    built = build(payload(seven_day=(27, NOW + 50 * HOUR), five_hour=(41, NOW + HOUR)))
    assert windows(built) == [("session", 41, NOW + HOUR), ("weekly_all", 27, NOW + 50 * HOUR)]
    assert built.age_s is None


@pytest.mark.parametrize(
    ("previous", "reported", "shown"),
    [
        ((37, NOW + HOUR), (41, NOW + HOUR + 60), (41, NOW + HOUR)),
        ((41, NOW + HOUR), (37, NOW + HOUR - 60), (41, NOW + HOUR)),
        ((90, NOW + HOUR), (2, NOW + 3 * HOUR), (2, NOW + 3 * HOUR)),
        ((2, NOW + 3 * HOUR), (90, NOW + HOUR), (2, NOW + 3 * HOUR)),
        ((0, None), (5, NOW + HOUR), (5, NOW + HOUR)),
        ((0, None), (5, NOW - HOUR), (0, None)),
        ((90, NOW - HOUR), (3, NOW + HOUR), (3, NOW + HOUR)),
        ((90, NOW), (95, NOW), (None, NOW)),
        ((30, NOW + HOUR), (35, None), (30, NOW + HOUR)),
    ],
    ids=[
        "same window: higher",
        "same window: known is higher",
        "later window",
        "earlier window",
        "started",
        "not started",
        "rolled over",
        "both passed",
        "no reset",
    ],
)
def test_one_window_seen_twice_is_merged_by_its_reset(
    previous: tuple[float, int], reported: tuple[float, int], shown: tuple[object, object]
) -> None:
    built = build(payload(five_hour=reported), snapshot(limit("session", *previous)))
    assert windows(built) == [("session", *shown)]


def test_a_number_that_the_service_took_back_is_not_brought_back_by_an_idle_session() -> None:
    lowered = {**limit("session", 3, NOW + HOUR), "lowered": True}
    assert windows(build(payload(five_hour=(90, NOW + HOUR)), snapshot(lowered))) == [
        ("session", 3, NOW + HOUR)
    ]
    assert windows(build(payload(five_hour=(1, NOW + 3 * HOUR)), snapshot(lowered))) == [
        ("session", 1, NOW + 3 * HOUR)
    ]


def test_a_window_past_its_reset_has_no_percentage() -> None:
    assert windows(build(None, snapshot(limit("session", 88, NOW)))) == [("session", None, NOW)]
    older = snapshot(limit("session", 88, NOW - HOUR), observed_at=NOW - 2 * HOUR)
    assert windows(build(None, older)) == [("session", None, NOW - HOUR)]


@pytest.mark.parametrize(
    ("late_s", "percent"),
    [(1, 99), (70 * 60, 99), (6 * 86400, 99), (8 * 86400, None), (365 * 86400, None)],
)
def test_a_percentage_that_the_service_gives_after_the_reset_stays(
    late_s: int, percent: int | None
) -> None:
    """Up to a week: later than that it is the clock that is wrong."""
    built = build(None, snapshot(limit("weekly_all", 99, NOW - late_s), observed_at=NOW))
    assert windows(built) == [("weekly_all", percent, NOW - late_s)]


def test_a_payload_of_a_window_that_has_ended_brings_no_percentage_back() -> None:
    passed = payload(five_hour=(95, NOW - HOUR))
    assert windows(build(passed, snapshot(limit("session", None, NOW - HOUR)))) == [
        ("session", None, NOW - HOUR)
    ]
    assert windows(build(passed)) == [("session", None, NOW - HOUR)]


@pytest.mark.parametrize("used", [100.1, 101, 250, 999.9, 1234])
def test_a_percentage_above_100_is_shown_as_it_is(used: float) -> None:
    built = build(
        payload(five_hour=(used, NOW + HOUR)),
        snapshot(limit("weekly_scoped", used, NOW + HOUR, "Fable")),
    )
    assert [(window.kind, window.percent, window.severity) for window in built.windows] == [
        ("session", used, "critical"),
        ("weekly_scoped", used, "critical"),
    ]


@pytest.mark.parametrize(
    ("kind", "ahead_s"),
    [("session", 5 * HOUR + 1800), ("session", 30 * HOUR), ("weekly_all", 195 * HOUR)],
)
def test_the_reset_of_a_window_longer_than_usual_is_shown_as_told(kind: str, ahead_s: int) -> None:
    assert windows(build(None, snapshot(limit(kind, 100, NOW + ahead_s)))) == [
        (kind, 100, NOW + ahead_s)
    ]


@pytest.mark.parametrize(
    "used", [None, "41", True, -1, NOW, NOW * 1000, float("nan"), float("inf"), [41], {}]
)
def test_a_percentage_that_is_none_is_refused(used: object) -> None:
    assert windows(build(payload(five_hour=(used, NOW + HOUR)))) == []
    assert windows(build(None, snapshot(limit("session", used, NOW + HOUR)))) == [
        ("session", None, NOW + HOUR)
    ]


@pytest.mark.parametrize(
    "at", [0, -5, True, "soon", NOW * 1000, NOW + 400 * 86400 + 1, float("nan")]
)
def test_a_reset_that_cannot_be_is_not_shown(at: object) -> None:
    assert windows(build(payload(five_hour=(41, at)))) == [("session", 41, None)]


def test_another_sign_in_than_the_one_that_was_read_hides_its_numbers() -> None:
    built = build(
        payload(five_hour=(41, NOW + HOUR)),
        snapshot(limit("weekly_scoped", 55, None, "Fable"), credentials="9-9-9"),
    )
    assert windows(built) == [("session", 41, NOW + HOUR)]
    assert (built.status, built.credits, built.age_s) == ("loading", [], None)


@pytest.mark.parametrize(
    ("env", "text"),
    [
        ({"ANTHROPIC_API_KEY": "k"}, "API key"),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, "Bedrock"),
        ({"CLAUDE_CODE_USE_BEDROCK": "0"}, ""),
        ({"ANTHROPIC_BASE_URL": "https://gateway.example"}, "gateway"),
        ({"ANTHROPIC_BASE_URL": "https://api.anthropic.com/"}, ""),
        ({}, ""),
    ],
)
def test_a_session_without_a_plan_is_told_by_its_environment(
    env: dict[str, str], text: str
) -> None:
    built = build({}, snapshot(limit("session", 37, NOW + HOUR)), env)
    assert built.other_sign_in == text
    assert bool(built.windows) != bool(text)


def test_windows_in_the_payload_prove_a_plan() -> None:
    assert (
        build(payload(five_hour=(41, NOW + HOUR)), None, {"ANTHROPIC_API_KEY": "k"}).other_sign_in
        == ""
    )


@pytest.mark.parametrize(
    ("used", "claimed", "expected"),
    [
        (10, "normal", "normal"),
        (75, "normal", "warning"),
        (90, "warning", "critical"),
        (10, "critical", "critical"),
        (80, "nonsense", "warning"),
        (10, 7, "normal"),
        (None, "critical", "normal"),
    ],
)
def test_the_graver_severity_counts(used: float, claimed: object, expected: str) -> None:
    assert severity(used, claimed) == expected


def test_a_gateways_spend_limit_is_a_credit() -> None:
    built = build(
        {
            "rate_limits": {
                "spend_limit": {"used_percentage": 120, "used_usd": 12.34, "limit_usd": 10}
            }
        }
    )
    assert [(row["used_minor"], row["limit_minor"], row["percent"]) for row in built.credits] == [
        (1234, 1000, 120)
    ]


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"used_percentage": 92.4}, ("spend limit", None, None, 92.4, None)),
        (
            {"used_percentage": 92.4, "resets_at": NOW + HOUR},
            ("spend limit", None, None, 92.4, NOW + HOUR),
        ),
        (
            {"used_percentage": 28.999999999999996, "used_usd": None, "limit_usd": None},
            ("spend limit", None, None, 29, None),
        ),
        (
            {"used_percentage": 250, "limit_usd": 50, "period": "daily"},
            ("daily spend limit", None, 5000, 250, None),
        ),
        ({"used_usd": 12.345, "period": "century"}, ("spend limit", 1235, None, None, None)),
        (
            {"used_percentage": NOW, "used_usd": 1, "limit_usd": 2},
            ("spend limit", 100, 200, None, None),
        ),
    ],
)
def test_a_gateways_spend_limit_is_a_credit_with_whatever_is_known_of_it(
    row: dict[str, object], shown: tuple[object, ...]
) -> None:
    built = build(
        {"rate_limits": {"spend_limit": row}},
        None,
        {"ANTHROPIC_BASE_URL": "https://gateway.example"},
    )
    names = ("label", "used_minor", "limit_minor", "percent", "ends_at")
    assert [tuple(credit[name] for name in names) for credit in built.credits] == [shown]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"used_percentage": None},
        {"used_percentage": NOW},
        {"limit_usd": 50},
        {"used_percentage": 92, "resets_at": NOW - 5},
        7,
        None,
    ],
)
def test_a_spend_limit_of_which_nothing_is_known_is_none(row: object) -> None:
    assert build({"rate_limits": {"spend_limit": row}}).credits == []


@given(ANYTHING, ANYTHING)
def test_no_payload_or_snapshot_can_break_the_view(anything: Any, other: Any) -> None:
    keys = ("model", "context_window", "rate_limits")
    build(
        dict.fromkeys(keys, anything)
        if isinstance(anything, (dict, list))
        else {"rate_limits": {"five_hour": anything, "spend_limit": other}},
        snapshot(),
    )
    build(
        None,
        snapshot(
            limits=anything,
            credits=other,
            status=anything,
            until=other,
            observed_at=anything,
            detail=other,
        ),
    )
    build(
        None,
        snapshot(
            {
                "kind": anything,
                "label": other,
                "percent": anything,
                "resets_at": other,
                "severity": anything,
            }
        ),
    )


def test_the_status_context_is_changed_by_its_own_modules_alone() -> None:
    package = os.path.dirname(view.__file__)
    for directory, _, files in os.walk(package):
        for name in files:
            path = os.path.join(directory, name)
            if name.endswith(".py") and path not in {view.__file__, context.__file__}:
                with open(path, encoding="utf-8") as file:
                    tree = ast.parse(file.read())
                changed = [
                    ast.unparse(node)
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
                ]
                others = [text for text in changed if not text.startswith(("self.", "sys."))]
                assert others == [], name
                assert "setattr" not in {
                    node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
                }, name


def test_a_replaced_context_differs_in_those_fields_alone() -> None:
    before = view.build(None, None, "", {"HOME": "/home/me"}, NOW)
    after = before.replaced(problem="p", half_days=True)
    assert (after.problem, after.half_days, before.problem) == ("p", True, "")
    assert (after.home, after.status, after.now) == (before.home, before.status, before.now)
