"""Draw the rows of `usageline usage` as a table with totals and bars, once or with --watch.

Once, it does without rich, whose import takes longer than everything else that the command does.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from usageline.cli.formatting import broken, cut
from usageline.cli.usage.result import Result, cost_text, long_label
from usageline.core.errors import UsagelineError
from usageline.core.formatting import count
from usageline.core.text import display_width
from usageline.system.terminal import locale_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from rich.text import Text

    from usageline.storage.usage_index.queries import Row

    Line: TypeAlias = list[tuple[str, str]]
    """Parts of a line: a style and a text."""

GAP = "  "
MIN_BAR_CELLS, MAX_BAR_CELLS = 6, 24
MIN_LABEL_CELLS = 8
WIDE = 100
"""From this width on, each kind of tokens has a column of its own."""

MIN_CELLS, DEFAULT_CELLS = 20, 80
PIPE_CELLS = 4096
"""For programs that read the output: long names must not be cut."""

INTERVAL_S = 5
REST = 20
"""The interval is at least this multiple of the time that reading takes."""

FRAME_LINES = 3
"""Beside the rows: the head, the total and the hint."""

ANSI = {"dim": "2", "bold": "1", "bar": "36", "warning": "33"}
ASCII = str.maketrans({"≥": ">=", "≈": "~", "·": "-", "…": "~", "█": "#"})


class Screen(NamedTuple):
    """What the output can show: its columns, colors, and characters outside of ASCII."""

    width: int
    colors: bool
    ascii_only: bool


def screen(env: Mapping[str, str]) -> Screen:
    """Return what stdout can show."""
    is_terminal = sys.stdout.isatty()
    requested = env.get("COLUMNS", "")
    width = int(requested) if requested.isdecimal() and len(requested) < 6 else 0
    if is_terminal and not width:
        # `shutil` does the same, and takes longer to import than the table to draw.
        with contextlib.suppress(OSError):
            width = os.get_terminal_size(sys.stdout.fileno()).columns
        width = width or DEFAULT_CELLS
    width = max(width, MIN_CELLS) if width else PIPE_CELLS
    is_dumb = env.get("TERM", "dumb") == "dumb" or not is_terminal
    is_forced = env.get("CLICOLOR_FORCE", "0") not in {"", "0"}
    colors = not env.get("NO_COLOR") and (is_forced or not is_dumb)
    return Screen(width, colors, locale_encoding() != "utf-8")


def lines(result: Result, width: int) -> list[Line]:
    """Return the table for `width` columns, and below it the limits and the notes."""
    if not result.rows:
        return [[("", result.empty)], *([("dim", sentence)] for sentence in result.notes)]
    rows = [_cells(row, result, width) for row in result.rows]
    total = _cells(result.total, result, width)
    head = _head(result, width)
    columns = [max(map(display_width, column)) for column in zip(head, total, *rows, strict=True)]
    others = sum(cells + len(GAP) for cells in columns[1:])
    columns[0] = max(min(columns[0], width - others), MIN_LABEL_CELLS)
    bar_cells = min(width - columns[0] - others - len(GAP), MAX_BAR_CELLS)
    part = part_of_largest(result.rows)
    drawn = [[("dim", _line(head, columns))]]
    for row, cells in zip(result.rows, rows, strict=True):
        line = [("", _line(cells, columns))]
        if bar_cells >= MIN_BAR_CELLS:
            size = max(round(part(row) * bar_cells), 1 if part(row) else 0)
            line += [("", GAP), ("bar", "█" * size)]
        drawn.append(line)
    drawn.append([("bold", _line(total, columns))])
    drawn += [[("", sentence)] for sentence in result.limits]
    return drawn + [[("dim", sentence)] for sentence in result.notes]


def wrapped(result: Result, width: int) -> Result:
    """Return the result with its sentences broken into lines of `width` columns."""
    limits, notes = (
        [line for sentence in sentences for line in broken(sentence, width)]
        for sentences in (result.limits, result.notes)
    )
    return result._replace(limits=limits, notes=notes)


def text(drawn: Sequence[Line], shown: Screen) -> str:
    """Return the lines as they are printed."""
    return "\n".join(_painted(line, shown).rstrip() for line in drawn)


def part_of_largest(rows: Sequence[Row]) -> Callable[[Row], float]:
    """Return a function from a row to its part of the largest, by cost or else by tokens."""
    most_cost = max((row.cost for row in rows), default=0)
    most_tokens = max((row.tokens for row in rows), default=0) or 1
    return lambda row: row.cost / most_cost if most_cost else row.tokens / most_tokens


def _head(result: Result, width: int) -> list[str]:
    tokens = ("input", "output", "cache write", "cache read") if width >= WIDE else ("tokens",)
    return [result.kind, *tokens, "cost", *(["limit"] if result.percents else [])]


def _cells(row: Row, result: Result, width: int) -> list[str]:
    counts = [row.tokens]
    if width >= WIDE:
        counts = [row.input, row.output, row.write_5m + row.write_1h, row.read]
    cells = [long_label(row.key, result.kind), *map(count, counts), cost_text(row)]
    if result.percents:
        percent = result.percents.get(row.key)
        cells.append("" if percent is None else f"{percent}%")
    return cells


def _line(cells: Sequence[str], columns: Sequence[int]) -> str:
    label = cut(cells[0], columns[0])
    padded = label + " " * (columns[0] - display_width(label))
    numbers = (
        " " * (width - display_width(cell)) + cell
        for cell, width in zip(cells[1:], columns[1:], strict=True)
    )
    return GAP.join([padded, *numbers])


def _painted(line: Line, shown: Screen) -> str:
    painted = ""
    for style, words in line:
        visible = words.translate(ASCII) if shown.ascii_only else words
        painted += f"\x1b[{ANSI[style]}m{visible}\x1b[0m" if shown.colors and style else visible
    return painted


def watch(load: Callable[[], Result]) -> None:
    """Show what `load` returns until a signal arrives. Its first call may take long."""
    from usageline.cli import live  # noqa: PLC0415 - slow to import

    live.run(_LiveTable(load).frame)


class _LiveTable:
    def __init__(self, load: Callable[[], Result]) -> None:
        self._load = load
        self._result = load()
        self._problem = ""
        self._due_at = time.monotonic() + INTERVAL_S

    def frame(self, width: int, height: int, now: float) -> Text:
        """Return the screen, with numbers that are at most some seconds old."""
        from rich.text import Text  # noqa: PLC0415 - as above

        if time.monotonic() >= self._due_at:
            self._renew()
        hint = f"{time.strftime('%H:%M:%S', time.localtime(now))} · Ctrl-C quits"
        drawn = lines(fitted(self._result, height), width)
        drawn.append([("warning", self._problem)] if self._problem else [("dim", hint)])
        shown = Text.from_ansi(text(drawn, screen(os.environ)))
        shown.no_wrap, shown.overflow = True, "ellipsis"
        return shown

    def _renew(self) -> None:
        began = time.monotonic()
        try:
            self._result, self._problem = self._load(), ""
        except UsagelineError as problem:  # the last numbers stay
            self._problem = str(problem)
        ended = time.monotonic()
        self._due_at = ended + max(INTERVAL_S, REST * (ended - began))


def fitted(result: Result, height: int) -> Result:
    """Return the result with the rows that fit: the newest, or the most expensive."""
    room = max(height - FRAME_LINES - len(result.limits) - len(result.notes), 1)
    hidden = len(result.rows) - room
    if hidden <= 0:
        return result
    room -= 1  # for the note
    rows = result.rows[-room:] if result.is_time else result.rows[:room]
    what = "earlier" if result.is_time else "cheaper"
    hidden = len(result.rows) - room
    return result._replace(rows=rows, notes=[f"{hidden} {what} rows", *result.notes])
