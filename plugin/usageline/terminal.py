"""What people are told, fit for a terminal."""

from __future__ import annotations

from usageline.line.layout import clean


def lines(text: str) -> str:
    """Text of one or more lines without anything that a terminal could act on: an argument, a command or a file's name in it may hold that."""
    return "\n".join(map(clean, text.split("\n")))
