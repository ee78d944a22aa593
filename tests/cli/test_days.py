"""Test in which time zone the days of a command are."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import click
import pytest

from tests.zones import local_zone
from usageline.cli.days import SystemZone, read_day, time_zone

SPRING = int(datetime(2026, 3, 1, tzinfo=timezone.utc).timestamp())
AUTUMN = int(datetime(2026, 10, 1, tzinfo=timezone.utc).timestamp())
QUARTERS = [first + 900 * number for first in (SPRING, AUTUMN) for number in range(40 * 96)]


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana"])
def test_zone_without_a_name_has_the_times_and_midnights_of_the_database(name: str) -> None:
    with local_zone(name):
        known, system = ZoneInfo(name), SystemZone("local")
        for at in QUARTERS:
            expected = datetime.fromtimestamp(at, known)
            actual = datetime.fromtimestamp(at, system)
            assert actual.replace(tzinfo=known) == expected
            assert (actual.fold, actual.utcoffset()) == (expected.fold, expected.utcoffset())
        for day in range(1, 32):
            midnights = (datetime(2026, 10, day, tzinfo=zone) for zone in (known, system))
            assert len({each.timestamp() for each in midnights}) == 1


@pytest.mark.parametrize(
    ("name", "key", "hours"),
    [
        ("Europe/Berlin", "Europe/Berlin", (1, 2)),
        (":Europe/Berlin", "Europe/Berlin", (1, 2)),
        ("EST5EDT,M3.2.0,M11.1.0", "EST5EDT,M3.2.0,M11.1.0", (-5, -4)),
        ("<+03>-3", "<+03>-3", (3, 3)),
        ("", "UTC", (0, 0)),
    ],
)
def test_local_zone_is_that_of_tz(name: str, key: str, hours: tuple[int, int]) -> None:
    with local_zone(name):
        zone = time_zone(None)
        assert getattr(zone, "key", "") == key
        offsets = (datetime(2026, month, 15, tzinfo=zone).utcoffset() for month in (1, 7))
        assert tuple(each.total_seconds() / 3600 for each in offsets if each is not None) == hours


@pytest.mark.parametrize(
    ("text", "ago"), [("today", 0), ("yesterday", 1), ("1d", 0), ("7d", 6), ("٧d", 6)]
)
def test_day_is_counted_back_from_today(text: str, ago: int) -> None:
    before = datetime.now(timezone.utc).date()
    day = read_day(text, timezone.utc)
    after = datetime.now(timezone.utc).date()
    assert day in {before - timedelta(days=ago), after - timedelta(days=ago)}


def test_day_before_the_calendar_is_its_first() -> None:
    assert read_day("9999d", timezone.utc) is not None
    assert read_day("2026-02-28", timezone.utc) == date(2026, 2, 28)
    assert read_day(None, timezone.utc) is None


@pytest.mark.parametrize(
    "text", ["", "0d", "d", "-1d", "99999d", "2026-02-29", "\x1b[31m", "Today"]
)
def test_day_that_is_none_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError, match="is not a day: write 2026-11-24, today or 7d"):
        read_day(text, timezone.utc)


def test_time_of_day_alone_has_no_offset() -> None:
    assert SystemZone("local").utcoffset(None) is None
