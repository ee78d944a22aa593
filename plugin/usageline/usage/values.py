"""Values of a body, checked one by one: what is not what it should be is None, whatever stands beside it."""

from __future__ import annotations

from typing import Any

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


def percent(value: object, most: float = 100) -> float | None:
    """A percentage from 0 to `most`; only money can pass 100. A reported bug puts an epoch time where a percentage belongs."""
    found = number(value, 0, most)
    return None if found is None else float(found)


def text(value: object) -> str | None:
    """One line of at most LONGEST_TEXT characters, or None where nothing readable is left of it."""
    if not isinstance(value, str):
        return None
    if len(value) <= LONGEST_TEXT and value.isprintable() and " ".join(value.split()) == value:
        return value or None  # the usual case, thirty times as fast
    shown = "".join(letter if letter.isprintable() else " " for letter in value[: 4 * LONGEST_TEXT])
    return " ".join(shown.split())[:LONGEST_TEXT].rstrip() or None


def words(name: str) -> str:
    """A key as words: `oauth_apps` → `Oauth Apps`."""
    return " ".join(part.capitalize() for part in name.split("_") if part)


def mapping(value: object) -> Body:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}
