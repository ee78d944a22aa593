"""Read a day from the value of an option."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

import click


def read_day(text: str | None, zone: tzinfo) -> date | None:
    """Return the day that an option names: a date, `today`, or `7d` for six days before today."""
    if text is None:
        return None
    today = datetime.now(zone).date()
    if text == "today":
        return today
    if text.endswith("d") and text[:-1].isdecimal() and 0 < int(text[:-1]) < 10_000:
        return date.fromordinal(max(today.toordinal() - int(text[:-1]) + 1, 1))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is not a day: write 2026-11-24, today or 7d") from None
