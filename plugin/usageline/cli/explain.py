"""`usageline explain`: what each piece of the line means, where it is from, and what changes it."""

from __future__ import annotations

import math
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.text import Text

from usageline.cli.config import complete
from usageline.cli.formatting import span
from usageline.cli.line_pieces import Piece, explained_line
from usageline.cli.table import console, text
from usageline.config.problem import quote, suggestion
from usageline.config.segments import SEGMENTS
from usageline.config.sources import label_of
from usageline.core import formatting, vocabulary, windows
from usageline.line.segments import reasons, with_defaults
from usageline.line.segments.forecast import KINDS
from usageline.system.terminal import output_env

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from usageline.line.context import StatusContext

MIN_COLUMNS = 20
NAME_COLUMNS = 9
LIMITS = ("session", "weekly", "scoped")
COMPUTED = {
    "pace": "points used more (+) or fewer (-) than with even use of the window",
    "forecast": "when a limit will be reached before its reset; it has a warning's color from a "
    "chance of two thirds on",
}
PLACE = ("the directory of the session; here that of this shell", "when the session changes it")
LOCAL = (
    "Claude Code's transcripts on this machine, at list prices",
    "within half a minute of a response; `usageline usage` shows more",
)
OWN = ("config.toml and this machine's clock", "with its options")
OTHERS = (
    "Claude Code, with each line; a shell does not get it, so this is an example",
    "after each message",
)
ORIGINS = {
    **dict.fromkeys(("directory", "git"), PLACE),
    **dict.fromkeys(("usage_today", "burn"), LOCAL),
    **dict.fromkeys(("clock", "text", "account", "flex"), OWN),
}
"""Where pieces without a number of the plan are from, and what changes them."""

ABSENCES = {
    "credits": "no credits were reported, or they are off",
    "forecast": "no limit is likely to be reached before its reset",
    "alerts": "no threshold was passed in the last minutes",
    "status": "shown only if numbers are missing or old",
    "git": "this directory is not in a repository",
    "usage_today": "its background job has not read the transcripts yet",
    "burn": "no response in the last half hour of this window",
    "account": "its option `text` is not set",
    "text": "its option `text` is not set",
    "pace": "the window has not started",
}
"""Why a segment without a limit is not on the screen."""

UNLISTED = "no row has it, or it is hidden: `usageline config add {}` shows it"


class Words(NamedTuple):
    """What a piece means, where it is from with its age, and what changes it."""

    meaning: str
    origin: str
    changes: str


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[SEGMENT]...", shell_complete=complete.segments)
@click.option(
    "--width",
    type=click.IntRange(MIN_COLUMNS, 1000),
    metavar="COLUMNS",
    help="Width of the terminal (default: that of this one).",
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
        _print_painted(target, line.rows)
    chosen = [piece for piece in line.pieces if not names or piece.name in names]
    for piece in chosen:
        if piece.text:
            if not names or piece is not chosen[0]:
                target.print()
            _explain(target, piece, line.snapshot)
    absent = [(title(piece), absence(piece)) for piece in chosen if not piece.text]
    listed = {piece.name for piece in chosen}
    absent += [(name, UNLISTED.format(name)) for name in dict.fromkeys(names) if name not in listed]
    _list_absent(target, absent)
    if not names:
        target.print()
        target.print(text("Change a piece: usageline config set segments.NAME.OPTION VALUE", "dim"))


def _print_painted(target: Console, rows: Iterable[str]) -> None:
    """Print rows of the status line, which have only escape sequences of its own."""
    for row in rows:
        target.print(Text.from_ansi(row), no_wrap=True, crop=False, overflow="ignore")


def _explain(target: Console, piece: Piece, snapshot: Mapping[str, Any]) -> None:
    _print_painted(target, [piece.text])
    described = describe(piece, snapshot)
    _add(target, text(piece.name, "normal"), described.meaning)
    _add(target, text("from", "dim"), described.origin)
    _add(target, text("changes", "dim"), described.changes)


def _list_absent(target: Console, absent: list[tuple[str, str]]) -> None:
    if not absent:
        return
    target.print()
    target.print(text("Not in the line now:"))
    for name, reason in absent:
        _add(target, text(name, "normal"), reason)


def _add(target: Console, name: Text, meaning: str) -> None:
    """Print a name, and beside it what it means, without blanks at the end of a line."""
    margin = Text(" ")
    name.pad_right(max(NAME_COLUMNS - name.cell_len, 0))
    beside = margin.cell_len + name.cell_len + 1
    for line in text(meaning).wrap(target, max(target.width - beside, MIN_COLUMNS)):
        target.print(Text.assemble(margin, name, " ", line), no_wrap=True, crop=False)
        name = Text(" " * name.cell_len)


def describe(piece: Piece, snapshot: Mapping[str, Any]) -> Words:
    """Return the words about a piece on the screen."""
    if piece.name in LIMITS and _window(piece) is not None:
        return Words(_limit(piece), _origin(piece.ctx, snapshot), _limit_changes(piece))
    if piece.name in {"credits", "plan"}:
        return Words(_doc(piece.name), _origin(piece.ctx, snapshot), "with a refresh")
    if piece.name in COMPUTED:
        return Words(
            COMPUTED[piece.name],
            f"computed from your own past use; {_origin(piece.ctx, snapshot)}",
            "with a refresh, and with time",
        )
    if piece.name == "alerts":
        return Words(
            _doc("alerts"),
            "the background process that saw the number pass the threshold",
            f"goes away after {span(_options(piece)['for'])}, or when the limit resets; "
            "`usageline config set alerts.thresholds` sets the thresholds, and alerts.cost_day and "
            "alerts.cost_month those of the cost",
        )
    if piece.name == "status":
        return Words(
            reasons.reason(piece.ctx) or "the age of old numbers",
            _origin(piece.ctx, snapshot),
            "`usageline doctor` shows what to do",
        )
    return Words(_doc(piece.name), *ORIGINS.get(piece.name, OTHERS))


def absence(piece: Piece) -> str:
    """Return why a configured segment is not on the screen."""
    if piece.has_forms:
        return "no room in this width; a wider terminal or another `priority` shows it"
    min_percent = _options(piece).get("hide_below", 0)
    if piece.name in LIMITS and _window(piece) is not None and min_percent:
        return f"hidden below {min_percent:g} by its option `hide_below`"
    if piece.name in LIMITS:
        return "no such limit was reported" if piece.ctx.windows else "there are no numbers yet"
    return ABSENCES.get(piece.name, "nothing to show now")


def title(piece: Piece) -> str:
    """Return the name of the segment as in config.toml, with the limit's own name."""
    window = _window(piece) if piece.name == "scoped" else None
    name = f" ({vocabulary.short_name(window.kind, window.label)})" if window else ""
    return piece.name + name


def _options(piece: Piece) -> Mapping[str, Any]:
    return with_defaults(piece.name, piece.options)


def _window(piece: Piece) -> Any:
    """Return the limit (`context.Window`) that the piece shows, None if there is none."""
    kind = KINDS.get(piece.name)
    return next((one for one in piece.ctx.windows if kind in {None, one.kind}), None)


def _limit(piece: Piece) -> str:
    window, options, now = _window(piece), _options(piece), piece.ctx.now
    percent = "an unknown part" if window.percent is None else f"{math.floor(window.percent)}%"
    name = _doc(piece.name)
    if piece.name == "scoped":
        long_name = vocabulary.long_name(window.kind, window.label)
        name = f"the {long_name}" if long_name != window.label else f"the limit {window.label}"
    texts = [f"{name}: {percent} is used"]
    severity = windows.severity(
        window.percent, window.claimed, options["warning"], options["critical"]
    )
    if severity != "normal":
        threshold = options[severity]
        by_service = (window.percent or 0) < threshold
        texts.append(
            f"{severity}, as the service says" if by_service else f"{severity} from {threshold}% on"
        )
    even, mark = windows.even_percent(window, now), piece.ctx.glyphs["mark"]
    if even is not None and mark in piece.text:
        texts.append(f"{mark} in the bar is even use, {math.floor(even)}% by now")
    return "; ".join(texts)


def _limit_changes(piece: Piece) -> str:
    window, now = _window(piece), piece.ctx.now
    if window.resets_at is None:
        return "its window starts with the next request of this account"
    if window.resets_at <= now:
        return "its window has ended; the next refresh has the new number"
    at = formatting.clock(window.resets_at, now)
    left = span(window.resets_at - now)
    return f"grows with each request of this account; resets at {at}, in {left}"


def _origin(ctx: StatusContext, snapshot: Mapping[str, Any]) -> str:
    """Return source and age of the snapshot's numbers, and when they are read again."""
    label = label_of(snapshot.get("source"))
    if ctx.age_s is None or not label:
        return "no number yet: run usageline refresh"
    age = "of an unknown age" if ctx.age_s < 0 else f"{span(ctx.age_s)} old"
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    if due_at is not None and due_at > ctx.now:
        return f"{label}, {age}; the next refresh is due in {span(due_at - ctx.now)}"
    return f"{label}, {age}; a refresh is due, and the next line starts it"


def _doc(name: str) -> str:
    entry = SEGMENTS.get(name)
    return entry.doc if entry else name
