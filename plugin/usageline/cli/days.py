"""Read the days and the time zone of a command line."""

from __future__ import annotations

import contextlib
import os
from datetime import date, datetime, timedelta, timezone, tzinfo

from usageline.core.errors import UsagelineError

UTC = "UTC"


def time_zone(name: str | None) -> tzinfo:
    """Return the time zone of that name, by default this machine's."""
    if name is None:
        return _local_zone()
    if name == UTC:
        return timezone.utc
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - slow to import

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsagelineError(
            f"there is no time zone {name!r}: use a name such as UTC or Europe/Berlin"
        ) from None


def read_day(text: str | None, zone: tzinfo) -> date | None:
    """Return the day of an option: a date, `today`, `yesterday`, or `7d`, six days before today."""
    if text is None:
        return None
    today = datetime.now(zone).date()
    if text == "today":
        return today
    if text == "yesterday":
        return today - timedelta(days=1)
    if text.endswith("d") and text[:-1].isdecimal() and len(text) < 6 and int(text[:-1]):
        return date.fromordinal(max(today.toordinal() - int(text[:-1]) + 1, 1))
    try:
        return date.fromisoformat(text)
    except ValueError:
        from click import UsageError  # noqa: PLC0415 - slow to import

        raise UsageError(f"{text!r} is not a day: write 2026-11-24, today or 7d") from None


class SystemZone(tzinfo):
    """The local zone by the rules of the C library, for a zone that has no name in the database."""

    def __init__(self, name: str) -> None:
        self.key = name

    def fromutc(self, at: datetime) -> datetime:
        """Return the local time of a time in UTC."""
        local = datetime.fromtimestamp(at.replace(tzinfo=timezone.utc).timestamp())  # noqa: DTZ006
        return local.replace(tzinfo=self)

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        """Return how much a local time is ahead of UTC."""
        if at is None:
            return None
        local = at.replace(tzinfo=None)
        in_utc = datetime.fromtimestamp(local.timestamp(), timezone.utc)
        return local.replace(fold=0) - in_utc.replace(tzinfo=None)

    def tzname(self, _at: datetime | None) -> str:
        """Return its name."""
        return self.key

    def dst(self, _at: datetime | None) -> None:
        """Return None: it is not known."""


def _local_zone() -> tzinfo:
    """Return this machine's zone: that of TZ, else the one of the system."""
    configured = os.environ.get("TZ")
    name = _linked_zone() if configured is None else configured.lstrip(":")
    if name == UTC:
        return timezone.utc
    if name:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

        with contextlib.suppress(ValueError, OSError, KeyError):
            return ZoneInfo(name)
    return SystemZone(name or datetime.now().astimezone().tzname() or UTC)


# tried by: tests/cli
def _linked_zone() -> str:
    try:
        return os.readlink("/etc/localtime").partition("/zoneinfo/")[2]
    except OSError:
        return ""
