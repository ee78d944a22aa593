"""Test the times that the live numbers cover: the day, the 5-hour window, the rate."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from tests.zones import local_zone
from usageline.usage.local.windows import (
    Window,
    estimated_window,
    local_day,
    local_month,
    per_hour,
    reported_window,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_S = 3600
NOW = 1_795_500_000
FULL_HOUR = NOW // HOUR_S * HOUR_S


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    with local_zone("Europe/Berlin"):
        yield


@pytest.mark.parametrize(
    ("utc", "first", "hours"),
    [
        ("2026-11-20T22:59:59", "2026-11-19T23:00:00", 24),
        ("2026-11-20T23:00:00", "2026-11-20T23:00:00", 24),
        ("2026-03-29T12:00:00", "2026-03-28T23:00:00", 23),
        ("2026-10-25T01:30:00", "2026-10-24T22:00:00", 25),
        ("2026-12-31T12:00:00", "2026-12-30T23:00:00", 24),
    ],
)
def test_day_is_the_local_one(utc: str, first: str, hours: int) -> None:
    at, began = (
        datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()
        for text in (utc, first)
    )
    assert local_day(at) == (began, began + hours * HOUR_S)


@pytest.mark.parametrize(
    ("utc", "first", "end"),
    [
        ("2026-10-31T22:59:59", "2026-09-30T22:00:00", "2026-10-31T23:00:00"),
        ("2026-12-31T23:00:00", "2026-12-31T23:00:00", "2027-01-31T23:00:00"),
    ],
)
def test_month_is_the_local_one(utc: str, first: str, end: str) -> None:
    at, began, ended = (
        datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()
        for text in (utc, first, end)
    )
    assert local_month(at) == (began, ended)


@pytest.mark.parametrize(
    ("reset_after_s", "is_current"),
    [(0, False), (1, True), (5 * HOUR_S + 120, True), (5 * HOUR_S + 121, False), (-60, False)],
)
def test_reported_window_is_used_if_it_is_open(reset_after_s: int, *, is_current: bool) -> None:
    reset_at = NOW + reset_after_s
    window = Window(reset_at - 5 * HOUR_S, reset_at, estimated=False)
    assert reported_window(reset_at, NOW) == (window if is_current else None)
    assert reported_window(None, NOW) is None


@pytest.mark.parametrize(
    ("hours_ago", "start_hours_ago"),
    [
        ([], None),
        ([0], 0),
        ([5], None),
        ([4, 1], 4),
        ([7, 3, 1], 1),
        ([12, 7, 6], None),
        ([12, 7, 4], None),
    ],
)
def test_estimated_window_begins_at_a_full_hour(
    hours_ago: list[int], start_hours_ago: int | None
) -> None:
    times_ms = [(FULL_HOUR - hours * HOUR_S) * 1000 + 59_000 for hours in hours_ago]
    window = None
    if start_hours_ago is not None:
        start = FULL_HOUR - start_hours_ago * HOUR_S
        window = Window(start, start + 5 * HOUR_S, estimated=True)

    def next_at(from_ms: int) -> int | None:
        return min((at for at in times_ms if at >= from_ms), default=None)

    assert estimated_window(next_at, FULL_HOUR - 86_400 * 7, FULL_HOUR + 60) == window


@pytest.mark.parametrize(("seconds", "rate"), [(0, 1200), (300, 1200), (600, 600), (3600, 200)])
def test_rate_is_of_5_to_30_minutes(seconds: int, rate: int) -> None:
    assert per_hour(100, 0, seconds * 1000) == rate
