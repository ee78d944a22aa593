"""The command `usageline explain`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click
from rich.text import Text

from usageline.cli.config import complete
from usageline.cli.explain import words
from usageline.cli.explain.pieces import explained_line
from usageline.cli.table import console, text
from usageline.config.problem import quote, suggestion
from usageline.config.segments import SEGMENTS
from usageline.system.terminal import output_env

if TYPE_CHECKING:
    from rich.console import Console

    from usageline.cli.explain.pieces import Line, Piece

MIN_COLUMNS = 20
NAME_COLUMNS = 9


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[SEGMENT]...", shell_complete=complete.segments)
@click.option(
    "--width",
    type=click.IntRange(MIN_COLUMNS, 1000),
    help="Width of the terminal in columns (default: that of this one).",
)
def command(*, names: tuple[str, ...], width: int | None) -> None:
    """Explain the line piece by piece: what each means, where it is from, what changes it.

    With SEGMENT, explain only these. Sends no request.
    """
    unknown = [name for name in names if name not in SEGMENTS]
    if unknown:
        hint = suggestion(unknown[0], SEGMENTS) or "; `usageline config list` shows them"
        raise click.UsageError(f"there is no segment {quote(unknown[0])}{hint}")
    env = output_env()
    line = explained_line(env, width or shutil.get_terminal_size().columns)
    target = console()
    if not names:
        for row in line.rows:
            target.print(_painted(row), no_wrap=True, crop=False, overflow="ignore")
    chosen = [piece for piece in line.pieces if not names or piece.name in names]
    for piece in chosen:
        if piece.text:
            _explain(target, piece, line)
    absent = [(words.title(piece), words.absence(piece)) for piece in chosen if not piece.text]
    shown = {piece.name for piece in chosen}
    absent += [(name, words.unlisted(name)) for name in dict.fromkeys(names) if name not in shown]
    _list_absent(target, absent)
    if not names:
        target.print()
        target.print(text("Change a piece: usageline config set segments.NAME.OPTION VALUE", "dim"))


def _explain(target: Console, piece: Piece, line: Line) -> None:
    target.print()
    target.print(_painted(piece.text), no_wrap=True, crop=False, overflow="ignore")
    described = words.describe(piece, line.snapshot)
    _add(target, text(piece.name, "normal"), described.meaning)
    _add(target, text("from", "dim"), described.origin)
    _add(target, text("changes", "dim"), described.changes)


def _list_absent(target: Console, absent: list[tuple[str, str]]) -> None:
    if not absent:
        return
    target.print()
    target.print(text("Not in the line now:"))
    for title, reason in absent:
        _add(target, text(title, "normal"), reason)


def _add(target: Console, name: Text, meaning: str) -> None:
    """Print a name, and beside it what it means, without blanks at the end of a line."""
    margin = Text(" ")
    name.pad_right(max(NAME_COLUMNS - name.cell_len, 0))
    beside = margin.cell_len + name.cell_len + 1
    for line in text(meaning).wrap(target, max(target.width - beside, MIN_COLUMNS)):
        target.print(Text.assemble(margin, name, " ", line), no_wrap=True, crop=False)
        name = Text(" " * name.cell_len)


def _painted(row: str) -> Text:
    """Return a row of the status line, which has only escape sequences of its own."""
    return Text.from_ansi(row)
