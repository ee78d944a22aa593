"""`usageline usage --watch`: the table on the alternate screen, read anew every few seconds."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli import live_table
from usageline.cli.usage import table
from usageline.core.errors import UsagelineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from usageline.cli.usage.result import Result

INTERVAL_S = 5
REST = 20
"""The interval is at least this multiple of the time that reading takes."""

FRAME_LINES = 3
"""Beside the rows: the head, the total and the hint."""


def watch(load: Callable[[], Result]) -> None:
    """Show what `load` returns until a signal arrives. Its first call may take long."""
    live_table.run(_Table(load).frame)


class _Table:
    def __init__(self, load: Callable[[], Result]) -> None:
        self._load = load
        self._result = load()
        self._problem = ""
        self._due_at = time.monotonic() + INTERVAL_S

    def frame(self, width: int, height: int, now: float) -> RenderableType:
        """Return the screen, with numbers that are at most some seconds old."""
        if time.monotonic() >= self._due_at:
            self._renew()
        hint = f"{time.strftime('%H:%M:%S', time.localtime(now))} · Ctrl-C quits"
        screen = table.screen(os.environ)
        drawn = table.lines(fitted(self._result, height), width)
        drawn.append([("warning", self._problem)] if self._problem else [("dim", hint)])
        text = Text.from_ansi(table.text(drawn, screen._replace(width=width)))
        text.no_wrap, text.overflow = True, "ellipsis"
        return text

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
