"""Text with escape sequences as the cells that a terminal shows: characters, colours, weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyte

if TYPE_CHECKING:
    from collections.abc import Sequence


class Cell(NamedTuple):
    """One cell; the second of a wide character is "". Colours are pyte's: `default`, `green`, `87c095`. A blank has neither ink nor weight."""

    char: str
    ink: str = "default"
    ground: str = "default"
    bold: bool = False
    underlined: bool = False


BLANK = Cell(" ")

Row = list[Cell]


def rows(text: str, columns: int) -> list[Row]:
    """The rows of `text`, each as wide as the terminal."""
    lines = text.split("\n")
    screen = pyte.Screen(columns, len(lines))
    pyte.Stream(screen).feed("\r\n".join(lines))
    return [
        [_cell(screen.buffer[number][column]) for column in range(columns)]
        for number in range(len(lines))
    ]


def text_of(row: Sequence[Cell]) -> str:
    """Its characters, without blanks at the end."""
    return "".join(cell.char for cell in row).rstrip()


def width(row: Sequence[Cell]) -> int:
    """The cells up to the last in which anything is seen, if only a background."""
    return max((number + 1 for number, cell in enumerate(row) if cell != BLANK), default=0)


def find(row: Sequence[Cell], text: str) -> Cell:
    """The cell in which `text`, of narrow characters, begins. ValueError where the row has no such text."""
    return row["".join(cell.char or "\0" for cell in row).index(text)]


def _cell(char: pyte.screens.Char) -> Cell:
    # The client steps over a blank instead of printing it, where nothing of it is seen.
    if char.data.isspace() and not (char.underscore or char.reverse):
        return Cell(char.data, ground=char.bg)
    return Cell(char.data, char.fg, char.bg, char.bold, char.underscore)
