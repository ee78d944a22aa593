"""When usage credits start again: the service does not say, and the client's own screen gives the first of the next month in local time. Pure."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usageline.usage.model import Reading


def with_month_end(reading: Reading) -> Reading:
    """The reading with the end of its month in each meter that has a cap and no end of its own."""
    credits = tuple(  # noqa: A001 - the glossary's word
        replace(credit, ends_at=month_end(reading.observed_at))
        if credit.enabled and not credit.expires and credit.ends_at is None and credit.limit_minor is not None
        else credit
        for credit in reading.credits
    )
    return replace(reading, credits=credits)


def month_end(at: float) -> int:
    """The first moment of the month after the one that `at` is in, in the time zone of this process, in epoch seconds."""
    local = time.localtime(at)
    return int(time.mktime((local.tm_year, local.tm_mon + 1, 1, 0, 0, 0, 0, 0, -1)))
