"""The signs of the dashboard, their ASCII forms, and rows with two ends. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from usageline.core import windows

if TYPE_CHECKING:
    from usageline.cli.appearance import Appearance

LIKELY, POSSIBLE, FAINT = "▓", "▒", "░"
"""The part of a bar that is likely to be used before the reset, and the part that may be.

FAINT stands for the latter if the empty part of a bar is a background.
"""

ASCII = {
    **dict.fromkeys("▁▂▃▄▅▆▇█", "#"),
    "▓": "=",
    "▒": ":",
    "░": ":",
    "┤": "|",
    "│": "|",
    "└": "+",
    "─": "-",
    "┴": "^",
    "┈": ".",
    "╵": "|",
    "›": ">",
    "·": "-",
    "▲": "!",
    "╌": "-",
    "≥": ">=",
}


def plain_text(text: str, look: Appearance) -> str:
    """Return text of the dashboard itself, in ASCII if the terminal has no other characters."""
    return "".join(ASCII.get(char, char) for char in text) if look.ascii else text


def possible_sign(look: Appearance) -> str:
    """Return the sign of what may be used before the reset."""
    return FAINT if look.terminal.styles.get("groove") else POSSIBLE


def cut(line: Text, width: int, look: Appearance) -> Text:
    """Cut a row that is wider than `width`, with an ellipsis if the terminal has one."""
    if line.cell_len > width:
        line.truncate(max(width, 1), overflow="crop" if look.ascii else "ellipsis")
    return line


def spread(left: Text, right: Text, width: int, look: Appearance) -> Text:
    """Return both texts in one row, at its two ends; only the left one without room for both."""
    room = width - left.cell_len - right.cell_len
    if room < 2:
        return cut(left, width, look)
    return left + Text(" " * room) + right


def severity(percent: float) -> str:
    """Return the severity of a percentage."""
    return windows.severity(percent)
