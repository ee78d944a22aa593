"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from usageline.cli.doctor.context import Context

    Check: TypeAlias = Callable[[Context], "Result | None"]
    """It returns None if it does not apply, or if an earlier check reported its cause."""

MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


@dataclass(frozen=True, slots=True)
class Result:
    """`level` is a key of `MARKS`, `text` what is the case, `advice` what to do about it."""

    level: str
    text: str
    advice: str = ""


def ok(text: str) -> Result:
    """Return the result of a step that works."""
    return Result("ok", text)


def warning(text: str, advice: str = "") -> Result:
    """Return a result for something wrong that the status line works with."""
    return Result("warning", text, advice)


def problem(text: str, advice: str) -> Result:
    """Return a result for what breaks the status line or its numbers."""
    return Result("problem", text, advice)
