"""Convert text with escape sequences to the cells of a terminal: characters, colors, weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyte

if TYPE_CHECKING:
    from collections.abc import Sequence


class Cell(NamedTuple):
    """One cell; the second of a wide character is "".

    Colors are pyte's: `default`, `green`, `87c095`. A blank has neither ink nor weight.
    """

    char: str
    ink: str = "default"
    ground: str = "default"
    bold: bool = False
    underlined: bool = False


BLANK = Cell(" ")

Row = list[Cell]


def rows(text: str, columns: int) -> list[Row]:
    """Return the rows of `text`, each as wide as the terminal."""
    lines = text.split("\n")
    screen = pyte.Screen(columns, len(lines))
    pyte.Stream(screen).feed("\r\n".join(lines))
    return [
        [_cell(screen.buffer[number][column]) for column in range(columns)]
        for number in range(len(lines))
    ]


def text_of(row: Sequence[Cell]) -> str:
    """Return the characters without trailing blanks."""
    return "".join(cell.char for cell in row).rstrip()


def width(row: Sequence[Cell]) -> int:
    """Return the number of cells up to the last visible one, which may be a background."""
    return max((number + 1 for number, cell in enumerate(row) if cell != BLANK), default=0)


def find(row: Sequence[Cell], text: str) -> Cell:
    """Return the cell at which `text`, of narrow characters, starts.

    Raise `ValueError` without it.
    """
    return row["".join(cell.char or "\0" for cell in row).index(text)]


def _cell(char: pyte.screens.Char) -> Cell:
    # The client moves the cursor over an invisible blank instead of printing it.
    if char.data.isspace() and not (char.underscore or char.reverse):
        return Cell(char.data, ground=char.bg)
    return Cell(char.data, char.fg, char.bg, char.bold, char.underscore)
