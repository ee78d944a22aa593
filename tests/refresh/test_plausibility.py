"""Test that a second reading must confirm an implausible percentage."""

from __future__ import annotations

import pytest

from usageline.usage.model import Limit, Reading
from usageline.usage.plausibility import Unconfirmed, confirm

NOW = 1795464000
SESSION_S, WEEK_S = 5 * 3600, 7 * 86400


def reading(*limits: Limit, at: int = NOW) -> Reading:
    """A reading of these limits."""
    return Reading(limits, (), "oauth", at)


def session(
    percent: float | None, begun_s_ago: int = 60, kind: str = "session", length_s: int = SESSION_S
) -> Limit:
    """A limit whose window began `begun_s_ago` before NOW."""
    return Limit(kind, "L", percent, NOW + length_s - begun_s_ago)


@pytest.mark.parametrize(
    ("kind", "length_s", "begun_s_ago"),
    [("session", SESSION_S, 700), ("weekly_all", WEEK_S, 3000), ("weekly_scoped", WEEK_S, 0)],
)
def test_a_window_nearly_full_at_its_start_is_unknown_until_a_later_reading_agrees(
    kind: str, length_s: int, begun_s_ago: int
) -> None:
    """Just after a rollover the service gives the old percentage under the new reset."""
    limit = session(97, begun_s_ago, kind, length_s)
    first, unconfirmed = confirm(reading(limit), (), ttl_s=300)
    assert [row.percent for row in first.limits] == [None]
    assert unconfirmed == (Unconfirmed(kind, "L", limit.resets_at or 0, NOW),)

    early, unconfirmed = confirm(reading(limit, at=NOW + 100), unconfirmed, ttl_s=300)
    assert [row.percent for row in early.limits] == [None]
    later, unconfirmed = confirm(reading(limit, at=NOW + 130), unconfirmed, ttl_s=300)
    assert [row.percent for row in later.limits] == [97]


def test_a_later_reading_that_disagrees_is_believed_at_once() -> None:
    """The old percentage is gone, and so is the doubt."""
    _, unconfirmed = confirm(reading(session(99)), (), ttl_s=300)
    second, unconfirmed = confirm(reading(session(3), at=NOW + 10), unconfirmed, ttl_s=300)
    assert [row.percent for row in second.limits] == [3]
    assert unconfirmed == ()


@pytest.mark.parametrize(
    "limit",
    [
        session(94.9),
        session(100, 900),
        session(100, 3600, "weekly_all", WEEK_S),
        session(None),
        Limit("daily", "L", 99, NOW + 86400),
        Limit("session", "L", 99, None),
    ],
)
def test_what_is_possible_is_believed(limit: Limit) -> None:
    """Below 95%, or in a window that is under way, or of a length that is not known."""
    assert confirm(reading(limit), (), ttl_s=300) == (reading(limit), ())


def test_a_doubt_about_another_window_confirms_nothing() -> None:
    """Each window needs its own second reading; one with another reset does not confirm it."""
    limit = session(97)
    at = limit.resets_at or 0
    for resets_at, believed in (
        (at - SESSION_S, None),
        (at + 61, None),
        (at + 1, 97),
        (at - 60, 97),
    ):
        confirmed, _ = confirm(
            reading(limit), (Unconfirmed("session", "L", resets_at, NOW - 1000),), ttl_s=300
        )
        assert [row.percent for row in confirmed.limits] == [believed], resets_at


def test_with_a_short_ttl_the_next_reading_confirms() -> None:
    """A server on this machine."""
    _, unconfirmed = confirm(reading(session(97)), (), ttl_s=1)
    confirmed, _ = confirm(reading(session(97), at=NOW + 1), unconfirmed, ttl_s=1)
    assert [row.percent for row in confirmed.limits] == [97]


def test_a_reset_too_far_ahead_to_be_one_is_dropped() -> None:
    """A clock that is wrong by a month or more, there or here."""
    far = (
        Limit("session", "S", 40, NOW + 30 * 86400),
        Limit("weekly_all", "W", 40, NOW + 365 * 86400),
    )
    confirmed, _ = confirm(
        reading(*far, Limit("monthly_all", "M", 5, NOW + 30 * 86400)), (), ttl_s=300
    )
    assert [row.resets_at for row in confirmed.limits] == [None, None, NOW + 30 * 86400]


@pytest.mark.parametrize(
    ("kind", "ahead_s"),
    [
        ("session", 5 * 3600 + 1800),
        ("session", 86400),
        ("weekly_all", 8 * 86400 + 3 * 3600),
        ("weekly_scoped", 31 * 86400),
    ],
)
def test_a_window_longer_than_usual_keeps_its_reset_and_its_percentage(
    kind: str, ahead_s: int
) -> None:
    """When it began is not known, so it cannot be doubted for being full at its start."""
    confirmed, unconfirmed = confirm(reading(Limit(kind, "L", 100, NOW + ahead_s)), (), ttl_s=300)
    assert [(row.percent, row.resets_at) for row in confirmed.limits] == [(100, NOW + ahead_s)]
    assert unconfirmed == ()
