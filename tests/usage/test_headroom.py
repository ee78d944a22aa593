"""Whether limits leave room for a job."""

from __future__ import annotations

from typing import Any

import pytest

from usageline.usage.headroom import BELOW, REACHED, UNKNOWN, Question, judge

NOW = 1_795_593_600
SOON, LATER = NOW + 3600, NOW + 86400


def limit(kind: str, percent: Any, resets_at: Any = SOON, label: str = "") -> dict[str, Any]:
    return {"kind": kind, "label": label or kind, "percent": percent, "resets_at": resets_at}


def snapshot(*limits: dict[str, Any], age_s: float = 60) -> dict[str, Any]:
    return {"limits": list(limits), "observed_at": NOW - age_s}


SESSION = limit("session", 37)
WEEK = limit("weekly_all", 90, LATER)
FABLE = limit("weekly_scoped", 55, LATER, "Fable")


@pytest.mark.parametrize(
    ("limits", "kinds", "state", "until"),
    [
        ([SESSION], (), BELOW, None),
        ([SESSION, WEEK], (), REACHED, LATER),
        ([SESSION, WEEK], ("session",), BELOW, None),
        ([SESSION, WEEK], ("5h",), BELOW, None),
        ([SESSION, WEEK], ("SESSION", "7d"), REACHED, LATER),
        ([SESSION, WEEK, FABLE], ("fable",), BELOW, None),
        ([SESSION, WEEK, FABLE], ("5-hour limit", "7d Fable"), BELOW, None),
        ([SESSION, WEEK, FABLE], ("Weekly limit",), REACHED, LATER),
        ([limit("session", 95), WEEK], (), REACHED, LATER),
        ([limit("session", 89.99)], (), BELOW, None),
        ([limit("session", 90)], (), REACHED, SOON),
        ([limit("session", 100, None)], (), REACHED, None),
        ([limit("session", 95, NOW - 1)], (), REACHED, NOW - 1),
        ([limit("session", None)], (), UNKNOWN, None),
        ([limit("session", None), WEEK], (), REACHED, LATER),
        ([limit("session", "95")], (), UNKNOWN, None),
        ([SESSION], ("opus",), UNKNOWN, None),
        ([SESSION, WEEK], ("weekly_all", "opus"), UNKNOWN, None),
        ([], (), UNKNOWN, None),
    ],
)
def test_verdict_follows_the_limits_that_were_asked_about(
    limits: list[Any], kinds: tuple[str, ...], state: str, until: float | None
) -> None:
    """The reading of the window that has ended is from after its end."""
    age_s = 0 if limits and limits[0]["resets_at"] == NOW - 1 else 60
    verdict = judge(snapshot(*limits, age_s=age_s), Question(90, kinds), NOW)
    assert (verdict.state, verdict.until) == (state, until)
    assert bool(verdict.reason) == (state == UNKNOWN)


@pytest.mark.parametrize(
    ("percent", "resets_at", "age_s", "state"),
    [
        (37, SOON, 3600, BELOW),
        (37, SOON, 3601, UNKNOWN),
        (95, SOON, 3601, REACHED),
        (95, NOW, 60, BELOW),
        (95, NOW, 3601, UNKNOWN),
        (37, SOON, -61, UNKNOWN),
    ],
)
def test_old_numbers_decide_only_what_they_can(
    percent: float, resets_at: int, age_s: float, state: str
) -> None:
    """The use of a window only grows, and a window that has ended begins at 0."""
    verdict = judge(snapshot(limit("session", percent, resets_at), age_s=age_s), Question(90), NOW)
    assert verdict.state == state


@pytest.mark.parametrize(
    "damaged", [{}, {"limits": 5}, {"limits": [5, {}, {"kind": 5}]}, {"limits": [SESSION]}]
)
def test_damaged_snapshot_is_unknown(damaged: dict[str, Any]) -> None:
    assert judge(damaged, Question(90), NOW).state == UNKNOWN


def test_reason_names_the_limits_that_there_are() -> None:
    verdict = judge(snapshot(SESSION, FABLE), Question(90, ("opus",)), NOW)
    assert verdict.reason == "there is no limit 'opus': this account has session, Fable"
