"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from usageline.cli.doctor.context import Context

    Check: TypeAlias = Callable[[Context], "Result | None"]
    """None where there is nothing to say: the step does not apply, or what it rests on has been complained of already."""

MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


@dataclass(frozen=True, slots=True)
class Result:
    """`level` is a key of MARKS, `text` what was found, `advice` what to do about it."""

    level: str
    text: str
    advice: str = ""


def ok(text: str) -> Result:
    """As it should be."""
    return Result("ok", text)


def warning(text: str, advice: str = "") -> Result:
    """Not as it should be, or not everywhere; the line works all the same."""
    return Result("warning", text, advice)


def problem(text: str, advice: str) -> Result:
    """What keeps the line, or its numbers, from being right."""
    return Result("problem", text, advice)
