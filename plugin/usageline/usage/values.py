"""Check single values from outside: return the value, or None if it is not of the expected kind."""

from __future__ import annotations

from typing import Any

from usageline.core import windows

MAX_TEXT = 64
MAX_AMOUNT = 10**12
"""Minor units. A larger number is not an amount of money."""

Body = dict[str, Any]
"""A JSON object from outside."""


def number(value: object, minimum: float, maximum: float) -> float | None:
    """Return a finite number from `minimum` to `maximum`, or None. Reject booleans and text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if minimum <= value <= maximum else None  # false for NaN


def integer(value: object, minimum: int, maximum: int) -> int | None:
    """Return a whole number from `minimum` to `maximum`, or None; 3.0 counts as 3."""
    checked = number(value, minimum, maximum)
    return int(checked) if checked is not None and checked == int(checked) else None


def percent(value: object) -> float | None:
    """Return the percentage by the status line's rule (`core.windows.percent`), or None."""
    checked = windows.percent(value)
    return None if checked is None else float(checked)


def flag(value: object) -> bool:
    """Return whether the value is `true`."""
    return value is True


def text(value: object, max_length: int = MAX_TEXT) -> str | None:
    """Return one line of at most `max_length` characters, or None if no readable text is left."""
    if not isinstance(value, str):
        return None
    if len(value) <= max_length and value.isprintable() and " ".join(value.split()) == value:
        return value or None  # the usual case, thirty times as fast
    printable = "".join(char if char.isprintable() else " " for char in value[: 4 * max_length])
    return " ".join(printable.split())[:max_length].rstrip() or None


def words(name: str) -> str:
    """Return a key as words: `oauth_apps` becomes `Oauth Apps`."""
    return " ".join(part.capitalize() for part in name.split("_") if part)


def mapping(value: object) -> Body:
    """Return the JSON object itself, or an empty one if `value` is anything else."""
    return value if isinstance(value, dict) else {}
