"""Show a value in words, and step to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from usageline.config.types import Choice, Flag, Integer, Number
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from usageline.config.types import ValueType

STEPS = ((60, 1), (200, 5), (3600, 60), (90_000, 300))
"""The step of a number by the size of its range."""


def in_words(value: Any) -> str:
    """Return a value as a user reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return sanitize(", ".join(map(str, value))) if value else "none"
    if value is None or value == "":
        return ""
    return f"{value:g}" if isinstance(value, float) else sanitize(str(value))


def as_typed(value: Any) -> str:
    """Return a value as a user types it."""
    if isinstance(value, list):
        return sanitize(",".join(map(str, value)))
    return "" if value is None else sanitize(str(value))


def next_value(of: ValueType, value: Any, step: int) -> Any:
    """Return the next value, or the previous one for a step of -1. None if it must be typed."""
    if isinstance(of, Flag):
        return not value
    if isinstance(of, Choice):
        words = list(of.words)
        return words[(words.index(str(value)) + step) % len(words)]
    if isinstance(of, Number) and value is not None:
        size = next((size for span, size in STEPS if of.maximum - of.minimum <= span), 0)
        if size:
            number = min(max(value + step * size, of.minimum), of.maximum)
            return int(number) if isinstance(of, Integer) else number
    return None
