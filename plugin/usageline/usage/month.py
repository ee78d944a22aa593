"""When usage credits start again: the service does not say, and the client's own screen gives the first of the next month in local time. Pure."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.usage.credits import USAGE_CREDITS

if TYPE_CHECKING:
    from usageline.usage.model import Credit, Reading


def _is_monthly(credit: Credit) -> bool:
    if credit.label != USAGE_CREDITS or credit.expires or credit.ends_at is not None:
        return False
    return credit.reached or (credit.enabled and credit.limit_minor is not None)


def month_end(at: float) -> int:
    """The first moment of the month after the one that `at` is in, in the time zone of this process, in epoch seconds."""
    local = time.localtime(at)
    return int(time.mktime((local.tm_year, local.tm_mon + 1, 1, 0, 0, 0, 0, 0, -1)))


def with_reset_date(reading: Reading) -> Reading:
    """The reading with the end of its month in each meter that has a cap, or has reached one, and no end of its own."""
    credits = tuple(  # noqa: A001 - the glossary's word
        replace(credit, ends_at=month_end(reading.observed_at)) if _is_monthly(credit) else credit
        for credit in reading.credits
    )
    return replace(reading, credits=credits)
