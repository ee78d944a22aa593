"""Check the single facts of a line, however it was parsed."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache

from usageline.usage.local.responses import Tokens

LONG_CONTEXT = "[1m]"
"""A suffix of the model's name in older clients."""

MAX_TEXT = 4096
MAX_ITERATIONS = 64
BOM = b"\xef\xbb\xbf"
EDGES = b"\r\0 "
"""What may stand around a line: Windows' line ends, and what a crash left."""

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)", re.ASCII
)


def cleaned(line: bytes) -> bytes:
    """Return the line without what may stand around its JSON."""
    return line.strip(EDGES).removeprefix(BOM)


def model_name(model: str) -> str:
    """Return the name under which a model is counted."""
    return model.removesuffix(LONG_CONTEXT)


def tokens_of(  # noqa: PLR0913, PLR0917 - the fields of the service
    sent: int, output: int, written: int, write_5m: int, write_1h: int, read: int, searches: int
) -> Tokens:
    """Return the tokens. What was written and is in no part of the split lived five minutes."""
    return Tokens(
        sent,
        output,
        write_5m + max(written - write_5m - write_1h, 0),
        write_1h,
        read,
        searches,
    )


def epoch_ms(text: str) -> int | None:
    """Return the milliseconds of an ISO 8601 time with a zone, None if it is not one."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    text, seconds, fraction, zone = match.groups()
    minute = _minute(text, zone)
    if minute is None:
        return None
    milliseconds = fraction if fraction and len(fraction) == 3 else f"{fraction or '':0<3.3}"
    return minute + int(seconds) * 1000 + int(milliseconds)


@lru_cache(maxsize=4096)
def _minute(text: str, zone: str) -> int | None:
    try:
        at = datetime.strptime(
            text + ("+0000" if zone == "Z" else zone), "%Y-%m-%dT%H:%M%z"
        ).astimezone(timezone.utc)
    except ValueError:
        return None
    return int(at.timestamp()) * 1000
