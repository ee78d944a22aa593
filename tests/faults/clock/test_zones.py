"""Change to and from summer time, and change the zone, between two lines."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.faults.clock.clocks import assert_sane
from tests.faults.promises import promise
from tests.hot import Hot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.clock.clocks import Clock
    from tests.server import Api
    from tests.world import Release, World

HOUR_S = 3600
CHANGES = {
    "Europe/Berlin": ("2027-03-28T02:00", "2026-10-25T02:00"),
    "America/New_York": ("2027-03-14T02:00", "2026-11-01T01:00"),
    "Australia/Lord_Howe": ("2026-10-04T02:00", "2027-04-04T01:30"),
}
"""Local times at which clocks change; the last by half an hour."""

ZONES = (
    "UTC",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "Mars/Olympus",
    ":/nonexistent",
    "EST5EDT,M3.2.0,M11.1.0",
    "",
)


@promise(
    "When daylight saving time begins or ends, countdowns continue by the minute and "
    "times of day follow the local clock. No refresh is started because of it.",
    sees="Only the time of day changes.",
    topic="clock",
)
@pytest.mark.parametrize("zone", CHANGES)
def test_summer_time_begins_and_ends(
    clock: Clock, figure: Callable[[str], None], zone: str
) -> None:
    line_count = 0
    for change in CHANGES[zone]:
        changes_at = datetime.fromisoformat(change).replace(tzinfo=ZoneInfo(zone)).timestamp()
        session_at, week_at = int(changes_at + 2 * HOUR_S), int(changes_at + 30 * HOUR_S)
        for minutes in (-61, -1, 1, 59, 61):
            now = changes_at + minutes * 60 + 30
            clock.set(now - clock.now + clock.shift_s)
            limits = [
                {
                    "kind": "session",
                    "label": "Current session",
                    "percent": 37,
                    "resets_at": session_at,
                },
                {
                    "kind": "weekly_all",
                    "label": "Current week",
                    "percent": 26,
                    "resets_at": week_at,
                },
            ]
            clock.hot.publish(
                published_at=int(now),
                observed_at=int(now),
                next_refresh_at=int(now) + 300,
                limits=limits,
                credits=[],
            )
            line = clock.line(TZ=zone)
            assert_sane(line)
            left_m = 120 - minutes - 1
            left = f"{left_m // 60}h{left_m % 60:02d}m" if left_m >= 60 else f"{left_m}m"
            of_day = datetime.fromtimestamp(week_at, ZoneInfo(zone)).strftime("%a %H:%M")
            assert line.split(" │ ")[0].endswith(f"37% ↻ {left}"), line
            assert line.split(" │ ")[1].endswith(f"26% ↻ {of_day}"), line
            assert not clock.is_due()
            assert not clock.is_claimed()
            line_count += 1
    assert clock.requests == 0
    figure(f"{line_count} lines around {len(CHANGES[zone])} changes, 0 refreshes")


@promise(
    "A time zone that changes from line to line, even to a nonexistent one, changes only "
    "the times of day.",
    sees="Times of day in the current zone. UTC if the zone does not exist.",
    topic="clock",
)
def test_the_zone_changes_while_it_runs(
    world: World, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    hot = Hot(world, built_release)
    hot.publish()
    lines = {zone: hot.line(TZ=zone) for zone in (*ZONES, *ZONES)}
    shown = {zone: re.search(r"7d \S+ 26% ↻ (\S+ \d\d:\d\d)", line) for zone, line in lines.items()}
    assert all(shown.values()), lines
    for zone, line in lines.items():
        assert_sane(line)
        assert re.search(r"5h \S+ 37% ↻ 2h00m", line), (zone, line)
    weekly = next(limit for limit in world.snapshot()["limits"] if limit["kind"] == "weekly_all")
    for zone in ZONES[:4]:
        times = shown[zone]
        assert times
        assert times[1] == datetime.fromtimestamp(weekly["resets_at"], ZoneInfo(zone)).strftime(
            "%a %H:%M"
        )
    assert not world.cache.joinpath(world.paths.stamp).exists()
    assert api.requests == []
    figure(f"{len(ZONES)} zones in turn, 3 of which do not exist: 0 refreshes")
