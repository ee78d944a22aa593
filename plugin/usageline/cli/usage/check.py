"""`usageline usage --check`: the transcripts beside what Claude Code itself counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from usageline.cli.formatting import cut
from usageline.core.formatting import count
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.local.cost_states import Comparison

VERSION = 1
NUMBERS = ("input", "output", "cache write", "cache read")
SESSION_CELLS, MIN_MODEL_CELLS, GAP = 8, 8, 2
NO_COUNTERS = (
    "no transcript has Claude Code's own counters: since August 2026 it writes them when a "
    "session ends"
)


def as_json(rows: Sequence[Comparison]) -> str:
    """Return the comparisons as the documented object."""
    counts = ("counted", "indexed", "missing")
    entries = [
        {"session": row.session, "model": row.model}
        | {name: getattr(row, name)._asdict() for name in counts}
        for row in rows
    ]
    return json.dumps({"version": VERSION, "rows": entries})


def print_table(rows: Sequence[Comparison]) -> None:
    """Print what is not in the transcripts, by session and model."""
    from rich.table import Table  # noqa: PLC0415 - JSON needs none of it
    from rich.text import Text  # noqa: PLC0415 - as above

    from usageline.cli.table import console  # noqa: PLC0415 - as above

    if not rows:
        click.echo(NO_COUNTERS)
        return
    sessions = {row.session for row in rows}
    short = [row for row in rows if any(row.missing)]
    target = console()
    if short:
        cells = [[count(number) if number else "" for number in row.missing[:4]] for row in short]
        widths = [max(map(len, column)) for column in zip(NUMBERS, *cells, strict=True)]
        others = SESSION_CELLS + sum(widths) + GAP * (len(widths) + 2)
        model_cells = max(target.width - others, MIN_MODEL_CELLS)
        table = Table(box=None, padding=(0, GAP, 0, 0), header_style="dim")
        table.add_column("session", no_wrap=True)
        table.add_column("model", no_wrap=True)
        for name in NUMBERS:
            table.add_column(name, justify="right", no_wrap=True)
        for row, numbers in zip(short, cells, strict=True):
            model = Text(cut(sanitize(row.model), model_cells))
            table.add_row(Text(cut(sanitize(row.session), SESSION_CELLS, "")), model, *numbers)
        target.print("not in the transcripts:")
        target.print(table)
    complete = len(sessions - {row.session for row in short})
    target.print(
        Text(
            f"{complete} of {len(sessions)} sessions with Claude Code's own counters are complete",
            "dim",
        )
    )
