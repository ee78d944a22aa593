"""Check the single facts of a line, however it was parsed."""

from __future__ import annotations

from datetime import date

from usageline.usage.local.responses import Tokens, new

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LONG_CONTEXT = "[1m]"
"""A suffix of the model's name in older clients."""

MAX_TEXT = 4096
MAX_ITERATIONS = 1000
MAX_PARTS = 4096
BOM = b"\xef\xbb\xbf"
EDGES = b"\r\0 "
"""What may stand around a line: Windows' line ends, and what a crash left."""

MIN_YEAR = 1900
MAX_YEAR = 2999
"""Every time zone has a day for each of these times."""

TIME = (
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"([Zz]|[+-]\d\d(?::?\d\d)?)?)?"
)
LEAP_SECOND = 60
_DAY_MS = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def cleaned(line: bytes) -> bytes:
    """Return the line without what may stand around its JSON."""
    return line.strip(EDGES).removeprefix(BOM)


def model_name(model: str) -> str:
    """Return the name under which a model is counted."""
    return model.removesuffix(LONG_CONTEXT)


def tokens_of(  # noqa: PLR0913, PLR0917 - the fields of the service
    sent: int, output: int, written: int, write_5m: int, write_1h: int, read: int, searches: int
) -> Tokens:
    """Return the tokens. Cache writes in neither part of the split count as those of 5 minutes."""
    beyond = written - write_5m - write_1h
    if beyond > 0:
        write_5m += beyond
    return new(Tokens, (sent, output, write_5m, write_1h, read, searches))


def epoch_ms(text: str) -> int | None:
    """Return the milliseconds of an ISO 8601 time, None if it is not one. Without a zone, in UTC.

    A leap second counts as the one before it, so that it is of the day that is written.
    """
    try:
        return HOURS[text[:14]] + MINUTES[text[14:17]] + SECONDS[text[17:20]] + FRACTIONS[text[20:]]
    except KeyError:
        return _other_epoch_ms(text)


def _other_epoch_ms(text: str) -> int | None:
    import re  # noqa: PLC0415 - Claude Code writes no such time

    match = re.fullmatch(TIME, text, re.ASCII)
    if match is None:
        return None
    day, clock, seconds, fraction, zone = match.groups()
    hour, minute = (clock or "00:00").split(":")
    start, offset = _hour(f"{day}T{hour}:"), _offset(zone or "Z")
    if start is None or offset is None or int(minute) > 59 or int(seconds or 0) > LEAP_SECOND:
        return None
    seconds_ms = min(int(seconds or 0), LEAP_SECOND - 1) * 1000
    return start - offset + int(minute) * 60_000 + seconds_ms + int(f"{fraction or '':0<3.3}")


class Parts(dict[str, int]):
    """The milliseconds of the parts of times that were read lately. Others raise KeyError."""

    def __init__(self, parse: Callable[[str], int | None]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> int:
        """Read a part."""
        value = self._parse(text)
        if value is None:
            raise KeyError(text)
        if len(self) >= MAX_PARTS:
            self.clear()
        self[text] = value
        return value


def _hour(text: str) -> int | None:
    """Return the milliseconds of the beginning of a time in UTC, such as `2026-11-24T10:`."""
    parts = (text[:4], text[5:7], text[8:10], text[11:13])
    digits = "".join(parts)
    # `re` takes longer to import than all of this.
    if "{}-{}-{}T{}:".format(*parts) != text or not (digits.isdecimal() and digits.isascii()):
        return None
    year, month, day, hour = map(int, parts)
    if not MIN_YEAR <= year <= MAX_YEAR:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    return days * _DAY_MS + hour * 3_600_000 if hour < 24 else None


def _fraction(text: str) -> int | None:
    """Return the milliseconds of the end of a time in UTC, such as `123Z`."""
    digits = text[:3]
    is_one = text[3:] == "Z" and digits.isdecimal() and digits.isascii()
    return int(digits) if is_one else None


HOURS, FRACTIONS = Parts(_hour), Parts(_fraction)
MINUTES = {f"{minute:02}:": minute * 60_000 for minute in range(60)}
SECONDS = {f"{second:02}.": second * 1000 for second in range(LEAP_SECOND)}


def _offset(zone: str) -> int | None:
    """Return the milliseconds of `Z`, `+05:30` or `-0800`, None if there is no such zone."""
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-60_000 if zone[0] == "-" else 60_000)
