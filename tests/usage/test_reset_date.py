"""When usage credits start again, as the client has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.zones import local_zone
from usageline.usage.credits import month_end, with_reset_date
from usageline.usage.model import Credit, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDITS = Credit(
    label="Usage credits",
    used_minor=1234,
    limit_minor=5000,
    exponent=2,
    currency="USD",
    percent=24.68,
)
NOV_30_20H = 1796068800
"""2026-11-30 20:00 UTC: in Tokyo it is the first of December, five in the morning."""


@pytest.fixture(params=["JST-9", "UTC", "PST8PDT"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The time zone of this process."""
    with local_zone(request.param):
        yield request.param


def test_it_is_the_first_of_the_next_month_in_local_time(zone: str) -> None:
    """In Tokyo it is January already.

    In California the first of December comes eight hours after Greenwich's.
    """
    assert (
        month_end(NOV_30_20H)
        == {"JST-9": 1798729200, "UTC": 1796083200, "PST8PDT": 1796112000}[zone]
    )


def test_only_a_meter_with_a_cap_and_without_an_end_of_its_own_gets_it() -> None:
    """Not a credit without a cap, one that is off, or a one-time credit.

    Claude Code shows no reset for these.
    """
    others = (
        replace(CREDITS, limit_minor=None),
        replace(CREDITS, enabled=False),
        replace(CREDITS, expires=True),
    )
    dated = replace(CREDITS, ends_at=NOV_30_20H)
    reading = Reading((), (CREDITS, *others, dated), "oauth", NOV_30_20H)
    dated_credits = with_reset_date(reading).credits
    assert dated_credits == (replace(CREDITS, ends_at=month_end(NOV_30_20H)), *others, dated)
