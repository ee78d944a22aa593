"""The commands of `usageline config` for the segments in the rows, and for presets."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.config import complete
from usageline.cli.config.change import apply, current_text, report_problems
from usageline.config import edit, presets, rows
from usageline.config.problem import quote, suggestion
from usageline.config.segments import SEGMENTS
from usageline.config.validate import Values, validate
from usageline.core.errors import UsagelineError
from usageline.system.paths import Paths
from usageline.system.terminal import wrap_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAME_CELLS = 14


SEGMENTS_ARGUMENT = click.argument(
    "segments", metavar="SEGMENT...", nargs=-1, required=True, shell_complete=complete.segments
)


def _at_position(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the arguments SEGMENT..., and the options of a `rows.Position`."""
    for option in (
        click.option("--first", is_flag=True, help="At the start of the row; row 1 without --row."),
        click.option(
            "--after",
            metavar="SEGMENT",
            shell_complete=complete.segments,
            help="After this segment.",
        ),
        click.option(
            "--before",
            metavar="SEGMENT",
            shell_complete=complete.segments,
            help="Before this segment.",
        ),
        click.option(
            "--row", metavar="N", type=click.IntRange(1), help="In this row; a new one is allowed."
        ),
        SEGMENTS_ARGUMENT,
    ):
        command = option(command)
    return command


@click.command("list")
def list_segments() -> None:
    """List the segments in each row, and those that can be added."""
    values = validate(current_text(Paths(os.environ)) or "").values
    report_problems(os.environ)
    shown = values.get("rows")
    for number, row in enumerate(shown, 1):
        click.echo(f"row {number}")
        _print((name, _about(name, values)) for name in row)
    used = {name for row in shown for name in row}
    available = [name for name in values.segment_names() if name not in used]
    click.echo("not in the line: `usageline config add SEGMENT`")
    _print((name, _about(name, values)) for name in available)


@click.command()
@_at_position
def add(segments: tuple[str, ...], **options: Any) -> None:
    """Add segments to the line.

    Without an option they go to the end of the last row, before alerts and status.
    """
    _place("added", segments, rows.Position(**options))


@click.command()
@_at_position
def move(segments: tuple[str, ...], **options: Any) -> None:
    """Move segments to another place. Those that are not in the line are added."""
    position = rows.Position(**options)
    if position == rows.Position():
        raise click.UsageError("use --first, --row, --before or --after")
    _place("placed", segments, position)


@click.command()
@SEGMENTS_ARGUMENT
def remove(segments: tuple[str, ...]) -> None:
    """Remove segments from the line. Their options stay in config.toml."""
    _change(
        segments,
        lambda text: edit.remove_segments(text, segments),
        f"removed {', '.join(segments)}",
    )


@click.command()
@click.argument("name", metavar="[PRESET]", required=False, shell_complete=complete.preset_names)
def preset(name: str | None) -> None:
    """Use a ready-made line: rows, and the theme that belongs to them.

    Without PRESET, list them.
    """
    if name is None:
        for known in presets.PRESETS:
            click.echo(f"{known.name:{NAME_CELLS}}{known.about}")
        return
    chosen = presets.find(name.lower())
    if chosen is None:
        names = [known.name for known in presets.PRESETS]
        raise UsagelineError(
            f"there is no preset {quote(name)}"
            + (suggestion(name, names) or f": use {', '.join(names)}")
        )
    apply(lambda text: edit.use_preset(text, chosen), f"the preset {chosen.name}")


COMMANDS = (list_segments, add, move, remove, preset)


def _place(verb: str, segments: tuple[str, ...], position: rows.Position) -> None:
    def placed(text: str) -> str:
        shown, at = validate(text).values.get("rows"), position
        for name in segments:
            if position == rows.Position() and rows.place(shown, name):
                continue
            shown = rows.put(shown, name, at)
            at = rows.Position(after=name)  # the next one follows it
        return edit.set_rows(text, shown, segments)

    names = [name for name in (*segments, position.before, position.after) if name]
    _change(names, placed, f"{verb} {', '.join(segments)}")


def _change(names: Iterable[str], changed: Callable[[str], str], what: str) -> None:
    """Write the changed text. Raise UsagelineError if a segment does not exist."""

    def edited(text: str) -> str:
        known = validate(text).values.segment_names()
        for name in names:
            if name not in known:
                raise UsagelineError(f"there is no segment {quote(name)}{_hint(name, known)}")
        try:
            return changed(text)
        except rows.RowsUnchangeable as reason:
            raise UsagelineError(f"{reason}; nothing was changed") from None

    apply(edited, what)


def _hint(name: str, known: list[str]) -> str:
    if "." in name and name.partition(".")[0] in SEGMENTS:
        return f"; define it first: `usageline config set segments.{name}.OPTION VALUE`"
    return suggestion(name, known) or "; `usageline config list` shows them"


def _about(name: str, values: Values) -> str:
    about = SEGMENTS[name.partition(".")[0]].doc
    return f"{about} (hidden)" if values.is_hidden(name) else about


def _print(lines: Iterable[tuple[str, str]]) -> None:
    """Print names, and beside each what it is. Only a terminal breaks lines."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for name, about in lines:
        click.echo(wrap_words(about, columns, f"  {name:{NAME_CELLS}}"))
