"""The command `usageline explain`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from usageline.cli.config import preview
from usageline.cli.explain import words
from usageline.cli.explain.pieces import explained_line
from usageline.cli.table import console, text
from usageline.config.segments import SEGMENTS

if TYPE_CHECKING:
    from rich.console import Console

    from usageline.cli.explain.pieces import Line, Piece

MIN_COLUMNS = 20
NAME_COLUMNS = 9


@click.command("explain")
@click.argument(
    "names", nargs=-1, metavar="[SEGMENT]...", shell_complete=lambda *given: _begun(given[2])
)
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
        raise click.UsageError(f"unknown segment {unknown[0]!r}: see usageline config preview")
    env = {**preview.output_env()}
    line = explained_line(env, width or shutil.get_terminal_size().columns)
    target = console()
    if not names:
        for row in line.rows:
            target.print(_painted(row), no_wrap=True, crop=False, overflow="ignore")
    chosen = [piece for piece in line.pieces if not names or piece.name in names]
    for piece in chosen:
        if piece.text:
            _explain(target, piece, line)
    _list_absent(target, [piece for piece in chosen if not piece.text])
    if not names:
        target.print()
        target.print(text("Change a piece: usageline config set segments.NAME.OPTION VALUE", "dim"))


def _begun(incomplete: str) -> list[str]:
    """Return the segments whose names begin so, for the shell."""
    return [name for name in SEGMENTS if name.startswith(incomplete)]


def _explain(target: Console, piece: Piece, line: Line) -> None:
    target.print()
    target.print(_painted(piece.text), no_wrap=True, crop=False, overflow="ignore")
    described = words.describe(piece, line.snapshot)
    table = _table()
    table.add_row("", text(piece.name, "normal"), text(described.meaning))
    table.add_row("", text("from", "dim"), text(described.origin))
    table.add_row("", text("changes", "dim"), text(described.changes))
    target.print(table)


def _list_absent(target: Console, pieces: list[Piece]) -> None:
    if not pieces:
        return
    table = _table()
    for piece in pieces:
        table.add_row("", text(words.title(piece), "normal"), text(words.absence(piece)))
    target.print()
    target.print(text("Not in the line now:"))
    target.print(table)


def _table() -> Table:
    """Return a table of a margin, names in a narrow column, and texts."""
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(min_width=NAME_COLUMNS)
    table.add_column(overflow="fold")
    return table


def _painted(row: str) -> Text:
    """Return a row of the status line, which has only escape sequences of its own."""
    return Text.from_ansi(row)
