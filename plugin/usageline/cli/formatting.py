"""Format paths, times and durations for messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from usageline.system.paths import Paths

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


def short(path: str, paths: Paths) -> str:
    """Return the path with `~` for the home directory, without control characters."""
    return sanitize(paths.abbreviate(path))


def local_time(at: float) -> str:
    """Return `2026-11-24 04:59:16 UTC` in the user's time zone.

    Return "" if `at` (epoch seconds) is out of range.
    """
    from usageline.usage.values import EARLIEST, LATEST  # noqa: PLC0415 - many print no time

    if not EARLIEST <= at <= LATEST:
        return ""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def span(seconds: float) -> str:
    """Return a duration in words, in its two largest units.

    Examples: `less than a minute`, `12 minutes`, `7 hours 59 minutes`, `2 days 3 hours`.
    """
    whole = int(abs(seconds))
    if whole < MINUTE_S:
        return "less than a minute"
    if whole < HOUR_S:
        return counted(whole // MINUTE_S, "minute")
    if whole < DAY_S:
        return _both(counted(whole // HOUR_S, "hour"), whole % HOUR_S // MINUTE_S, "minute")
    return _both(counted(whole // DAY_S, "day"), whole % DAY_S // HOUR_S, "hour")


def _both(larger: str, number: int, unit: str) -> str:
    return f"{larger} {counted(number, unit)}" if number else larger


def counted(number: int, noun: str) -> str:
    """Return `1 day`, `2 days`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def capitalized(text: str) -> str:
    """Return text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def broken(text: str, cells: int) -> list[str]:
    """Return sanitized text in lines of at most `cells` columns, broken at spaces if possible."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and display_width(f"{lines[-1]} {word}") <= cells:
            lines[-1] += f" {word}"
            continue
        lines += [""] if lines[-1] else []
        for char in word:
            if lines[-1] and display_width(lines[-1] + char) > cells:
                lines.append("")
            lines[-1] += char
    return lines


def cut(text: str, cells: int, ellipsis: str = "…") -> str:
    """Return `text` in at most `cells` columns, with the ellipsis at its end if it is cut."""
    if display_width(text) <= cells:
        return text
    from usageline.line import layout  # noqa: PLC0415 - seldom

    return "".join(part[1] for part in layout.cut_parts([("", text)], cells, ellipsis))
