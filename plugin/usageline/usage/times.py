"""Parse the service's times to whole epoch seconds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from usageline.usage.values import number

EARLIEST, LATEST = 1_000_000_000, 9_999_999_999
"""2001 to 2286: a number outside is not a time of a usage window."""

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?"
    r"(?:([Zz])|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)


def epoch(value: object) -> int | None:
    """Return the epoch second of ISO 8601 text with an offset or `Z`, or of a number; else None.

    Round down: Claude Code cuts 21:59:59.68 to 9:59pm, and two clocks side by side must agree.
    Captured bodies have six fraction digits or none (captures u19, u21); Python 3.10's own parser
    takes three or six only.
    """
    if not isinstance(value, str):
        seconds = number(value, EARLIEST, LATEST)
        return None if seconds is None else int(seconds)
    match = _ISO.fullmatch(value)
    if match is None:
        return None
    sign, hours, minutes = match[9], int(match[10] or 0), int(match[11] or 0)
    if hours > 23 or minutes > 59:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        local = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    seconds = int((local - _START) // _SECOND)
    seconds += int(offset // _SECOND) * (1 if sign == "-" else -1)
    return seconds if EARLIEST <= seconds <= LATEST else None


def epoch_of_client(value: object) -> int | None:
    """Return the epoch second of a time in Claude Code's own files: also of milliseconds."""
    milliseconds = number(value, EARLIEST * 1000, LATEST * 1000)
    return epoch(value) if milliseconds is None else int(milliseconds // 1000)


_START = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)
