"""Align the columns of a table in the first of its forms that fits into a width."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from usageline.cli import appearance, formatting, table
from usageline.core import json_file
from usageline.core.text import display_width
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from usageline.cli.appearance import Appearance

GAP = 2
DISTINCT_CELLS = 40
"""Ids differ at their ends, and most have fewer characters."""

IN_ASCII = str.maketrans({"–": "-", "·": "|", "…": "..", "€": "EUR ", "£": "GBP ", "¥": "JPY "})
"""What words have in a terminal without Unicode. Other characters become question marks."""


class Column(NamedTuple):
    """One column: a cell for each row, and its title, "" for none.

    A column whose `keeps` is not 0 may be cut to that many cells.
    """

    cells: Sequence[Text]
    title: str = ""
    right: bool = False
    keeps: int = 0

    @property
    def width(self) -> int:
        """Return the cells that it needs to show everything."""
        return max([display_width(self.title), *(cell.cell_len for cell in self.cells)])


def column(texts: Iterable[str], look: Appearance, style: str = "plain", **options: Any) -> Column:
    """Return a column of texts in one style. `options` are the other fields of `Column`."""
    return Column([words(text, look, style) for text in texts], **options)


# tried by: snapshot
def print_lines(render: Callable[[Appearance, int], Iterable[Text]]) -> None:
    """Print what `render` returns for the look and the width of stdout.

    Colors are those of the status line, for the background that its last refresh knew.
    """
    look = appearance.current(json_file.json_file(Paths(os.environ).snapshot))
    target = table.console(look)
    for line in render(look, target.width):
        target.print(line, no_wrap=True, crop=False, overflow="ignore")


def fitted(forms: Iterable[Sequence[Column]], width: int, look: Appearance) -> list[Text]:
    """Return the lines of the first form that fits, below their titles if there are any.

    If none fits, return the last form with its lines cut.
    """
    for columns in forms:
        full = [column.width for column in columns]
        least = [
            min(cells, column.keeps or cells) for column, cells in zip(columns, full, strict=True)
        ]
        gaps = GAP * (len(columns) - 1)
        if sum(least) + gaps <= width:
            break
    widths = _widened(least, full, width - gaps)
    rows = [*zip(*(column.cells for column in columns), strict=True)]
    if any(column.title for column in columns):
        rows.insert(0, tuple(words(column.title, look, "label") for column in columns))
    return [_line(columns, row, widths, width, look) for row in rows]


def _widened(least: Sequence[int], full: Sequence[int], width: int) -> list[int]:
    """Return the widths of columns, which share what `width` has beyond `least`.

    In their order they get enough to be told apart. Then all of them get the same.
    """
    widths = [*least]
    for number, cells in enumerate(full):
        more = max(min(cells, DISTINCT_CELLS) - widths[number], 0)
        widths[number] += max(min(more, width - sum(widths)), 0)
    while short := [number for number, cells in enumerate(full) if widths[number] < cells]:
        part = (width - sum(widths)) // len(short)
        if part <= 0:
            break
        for number in short:
            widths[number] = min(widths[number] + part, full[number])
    return widths


def _line(
    columns: Sequence[Column],
    cells: Sequence[Text],
    widths: Sequence[int],
    width: int,
    look: Appearance,
) -> Text:
    pieces: list[Text] = []
    for column, cell, size in zip(columns, cells, widths, strict=True):
        shown = cut(cell, size, look)
        blank = Text(" " * (size - shown.cell_len))
        pieces += [blank, shown] if column.right else [shown, blank]
        pieces.append(Text(" " * GAP))
    line = Text(no_wrap=True).join(pieces)
    line.rstrip()
    if line.cell_len > width:
        line.truncate(max(width, 1), overflow="ellipsis")
    return line


def cut(cell: Text, cells: int, look: Appearance) -> Text:
    """Return the text in at most `cells` columns, with an ellipsis if it is cut."""
    if cell.cell_len <= cells:
        return cell
    return Text(formatting.cut(str(cell), cells, look.terminal.glyphs["ellipsis"]), cell.style)


def words(text: str, look: Appearance, style: str = "plain") -> Text:
    """Return sanitized text in a style of the theme, in ASCII if the terminal has only that."""
    return look.text(text.translate(IN_ASCII) if look.ascii else text, style)


def wrapped(text: str, style: str, look: Appearance, width: int) -> list[Text]:
    """Return the text on as many lines as it needs."""
    return [
        look.text(line, style) for line in formatting.broken(str(words(text, look)), max(width, 1))
    ]
