"""Test that a wrong clock is detected by the service's own, else by the resets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from usageline.usage import plausibility
from usageline.usage.model import Limit, Reading

NOW, HOUR, DAY = 1_795_464_000, 3600, 86400
DATE = "Mon, 23 Nov 2026 20:00:00 GMT"


def reading(*ahead: tuple[str, int], off_s: int | None = None) -> Reading:
    return Reading(
        tuple(Limit(kind, kind, 50, NOW + ahead_s) for kind, ahead_s in ahead),
        (),
        "oauth",
        NOW,
        clock_ahead_s=off_s,
    )


@pytest.mark.parametrize(
    ("date", "age", "before", "after", "ahead_s"),
    [
        (DATE, None, NOW, NOW + 1, 0),
        (DATE, None, NOW - 2, NOW + 8, 0),
        (DATE, None, NOW + 3 * HOUR, NOW + 3 * HOUR + 1, 3 * HOUR),
        (DATE, None, NOW - 3 * HOUR - 1, NOW - 3 * HOUR, -3 * HOUR),
        (DATE, "600", NOW + 600, NOW + 601, 0),
        ("Mon, 23 Nov 2026 22:00:00 +0200", None, NOW, NOW, 0),
        (None, None, NOW, NOW, None),
        ("yesterday", None, NOW, NOW, None),
        ("Mon, 99 Nov 2026 20:00:00 GMT", None, NOW, NOW, None),
        ("9" * 5000, None, NOW, NOW, None),
    ],
)
def test_the_answers_date_shows_how_far_the_clock_is_off(
    date: str | None, age: str | None, before: float, after: float, ahead_s: int | None
) -> None:
    assert plausibility.clock_ahead_s(date, age, before, after) == ahead_s


@pytest.mark.parametrize(
    ("off_s", "problem"),
    [
        (0, ""),
        (299, ""),
        (-299, ""),
        (3 * HOUR, "this machine's clock is 3h00m ahead"),
        (-600, "this machine's clock is 10m behind"),
        (400 * DAY, "this machine's clock is 400d0h ahead"),
        (None, ""),
    ],
)
def test_a_clock_that_is_off_is_named_though_a_reset_fits(off_s: int | None, problem: str) -> None:
    assert plausibility.clock_problem(reading(("weekly_all", DAY), off_s=off_s)) == problem


def test_a_date_that_a_sessions_reset_contradicts_is_not_believed() -> None:
    """A proxy's clock: a session is five hours long, so its reset fits no clock days off."""
    contradicted = reading(("session", HOUR), off_s=2 * DAY)
    assert (plausibility.clock_agrees(contradicted), plausibility.clock_problem(contradicted)) == (
        True,
        "",
    )
    assert (
        plausibility.clock_problem(reading(("session", HOUR), off_s=3 * HOUR))
        == "this machine's clock is 3h00m ahead"
    )


@pytest.mark.parametrize(
    "ahead",
    [
        [("session", 5 * HOUR + 1800)],
        [("weekly_all", 8 * DAY + 3 * HOUR)],
        [("session", 9 * HOUR), ("weekly_all", 9 * DAY)],
        [("session", 3 * HOUR), ("weekly_all", 50 * DAY)],
        [("weekly_all", -4200)],
        [("weekly_all", -4200), ("session", HOUR)],
        [("weekly_all", 20 * DAY)],
        [("monthly_all", 300 * DAY)],
        [],
    ],
)
def test_one_unusual_window_is_no_proof_of_a_wrong_clock(ahead: list[tuple[str, int]]) -> None:
    assert plausibility.clock_agrees(reading(*ahead)) is not False
    assert plausibility.clock_problem(reading(*ahead)) == ""


@pytest.mark.parametrize(
    "ahead",
    [
        [("session", -30 * DAY), ("weekly_all", -28 * DAY)],
        [("session", 45 * DAY), ("weekly_all", 50 * DAY)],
        [("session", -6 * HOUR), ("weekly_all", -6 * HOUR)],
        [("weekly_all", 365 * DAY)],
        [("session", -365 * DAY)],
    ],
)
def test_impossible_resets_are_a_wrong_clock_unless_the_services_date_agrees(
    ahead: list[tuple[str, int]],
) -> None:
    assert plausibility.clock_agrees(reading(*ahead)) is False
    assert (
        plausibility.clock_problem(reading(*ahead))
        == "this machine's clock does not fit the resets"
    )
    assert plausibility.clock_agrees(reading(*ahead, off_s=5)) is True
    assert plausibility.clock_agrees(reading(("session", HOUR), off_s=3 * HOUR)) is True
    assert plausibility.clock_agrees(reading(("weekly_all", DAY), off_s=2 * DAY)) is False


def test_an_offset_holds_for_readings_without_one_until_the_clock_may_have_been_set() -> None:
    before = reading(off_s=3 * HOUR)
    for after_s, off_s in ((300, 3 * HOUR), (-3 * HOUR + 300, None), (3 * HOUR + 300, None)):
        later = replace(reading(), observed_at=NOW + after_s)
        assert plausibility.with_last_clock_offset(later, before).clock_ahead_s == off_s
    assert (
        plausibility.with_last_clock_offset(
            replace(reading(off_s=0), observed_at=NOW + 300), before
        ).clock_ahead_s
        == 0
    )
    assert plausibility.with_last_clock_offset(reading(), None).clock_ahead_s is None
