"""Values of a body, checked one by one: what is not what it should be is None, whatever stands beside it."""

from __future__ import annotations

from typing import Any

from usageline.core.windows import MAX_PERCENT, NOISE

LONGEST_TEXT = 64
MOST_AMOUNT = 10**12
"""Minor units. More than this is no amount of anybody's."""

Body = dict[str, Any]
"""A JSON object from outside."""


def number(value: object, least: float, most: float) -> float | None:
    """A finite number from `least` to `most`. `true` is no number, nor is text with digits in it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if least <= value <= most else None  # false for NaN


def percent(value: object) -> float | None:
    """Return the percentage from 0 to MAX_PERCENT without binary noise, or None if it cannot be one. The line has the same rule."""
    checked = number(value, 0, MAX_PERCENT)
    if checked is None:
        return None
    whole = int(checked + 0.5)
    return float(whole if -NOISE < checked - whole < NOISE else checked)


def text(value: object, longest: int = LONGEST_TEXT) -> str | None:
    """One line of at most `longest` characters, or None where nothing readable is left of it."""
    if not isinstance(value, str):
        return None
    if len(value) <= longest and value.isprintable() and " ".join(value.split()) == value:
        return value or None  # the usual case, thirty times as fast
    shown = "".join(letter if letter.isprintable() else " " for letter in value[: 4 * longest])
    return " ".join(shown.split())[:longest].rstrip() or None


def words(name: str) -> str:
    """A key as words: `oauth_apps` → `Oauth Apps`."""
    return " ".join(part.capitalize() for part in name.split("_") if part)


def mapping(value: object) -> Body:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}
