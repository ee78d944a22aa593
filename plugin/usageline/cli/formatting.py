"""Format paths, times and durations for messages."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from usageline.core.text import sanitize
from usageline.system import lookalikes
from usageline.usage.values import EARLIEST, LATEST

if TYPE_CHECKING:
    from usageline.system.paths import Paths

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400

FORMULA_STARTS = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
"""Spreadsheets run text that starts with one of these as a formula."""


def short(path: str, paths: Paths) -> str:
    """Return the path with `~` for the home directory, without control characters."""
    return sanitize(paths.abbreviate(path))


def echo_data(text: str) -> None:
    """Print text for a program or a file: in UTF-8 if the locale is C, unless on a terminal."""
    is_plain = sys.stdout.encoding == lookalikes.CODEC and not sys.stdout.isatty()
    click.echo(text.encode("utf-8", "replace") if is_plain else text, nl=False)


def local_time(at: float) -> str:
    """Return `2026-11-24 04:59:16 UTC` in the user's time zone.

    Return "" if `at` (epoch seconds) is out of range.
    """
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


def csv_cell(text: str | None) -> str | None:
    """Return `text` without control characters, and with an apostrophe before a formula."""
    clean = sanitize(text) if text else text
    return "'" + clean if clean and clean.lstrip()[:1] in FORMULA_STARTS else clean
