"""A table on the alternate screen, redrawn each second: `usageline watch` without Textual."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, TypeAlias

from rich.console import Console, ConsoleDimensions, Group
from rich.live import Live
from rich.text import Text

from usageline.cli.appearance import Appearance
from usageline.cli.refreshes import Refreshes, next_refresh
from usageline.cli.table import render_table
from usageline.core import freshness, json_file
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    Frame: TypeAlias = Callable[[int, int, float], RenderableType]

END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MIN_SIZE = (20, 4)
"""Columns and rows, also for a terminal that reports less or no size."""


def watch(env: dict[str, str]) -> None:
    """Show the table of limits until a signal arrives."""
    refreshes = Refreshes(env)
    run(lambda width, _height, now: _frame(env, refreshes, width, now))


def run(frame: Frame) -> None:
    """Show what `frame` returns for columns, rows and the time, until a signal arrives.

    Ctrl-C exits normally. Other signals end the process as usual, after it restored the terminal.
    """
    try:
        with woken_by(*END_SIGNALS, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH) as wait:
            while (number := _show(frame, wait)) == signal.SIGTSTP:
                reraise(number)  # Ctrl-Z: stop here, with the shell's screen; `fg` continues
    except OSError:  # the terminal was closed
        return
    if number != signal.SIGINT:
        reraise(number)


@contextlib.contextmanager
def woken_by(*numbers: signal.Signals) -> Iterator[Callable[[float], int]]:
    """Yield `wait(seconds)`, which returns the number of the next signal, or 0.

    Within the block these signals do nothing else. They raise no exception, so that the terminal
    is always restored.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    previous_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def wait(seconds: float) -> int:
        ready, _, _ = select.select([reader], [], [], max(seconds, 0))
        return os.read(reader, 1)[0] if ready else 0

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(previous_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _show(frame: Frame, wait: Callable[[float], int]) -> int:
    """Draw until a signal ends it; return the number of that signal."""
    console = Console(highlight=False, force_terminal=True, force_interactive=True)
    with Live(
        console=console,
        screen=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as live:
        while True:
            console.size = _size()
            now = time.time()
            live.update(frame(console.width, console.height, now), refresh=True)
            number = wait(1 - now % 1)
            if number in (*END_SIGNALS, signal.SIGTSTP):
                return number


def _frame(env: dict[str, str], refreshes: Refreshes, width: int, now: float) -> RenderableType:
    paths = Paths(env)
    snapshot = json_file.json_file(paths.snapshot)
    credentials = freshness.file_fingerprint(paths.claude_credentials)
    note = refreshes.start_if_due(snapshot, credentials, now)
    if not note and snapshot:
        note = next_refresh(snapshot, now)
    hint = " · ".join(
        part
        for part in (time.strftime("%H:%M:%S", time.localtime(now)), note, "Ctrl-C quits")
        if part
    )
    look = Appearance(env, snapshot)
    return Group(render_table(snapshot, credentials, now, width, look), Text(hint, "dim"))


def _size() -> ConsoleDimensions:
    # COLUMNS and LINES do not change with the window: query the terminal each time.
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        size = os.terminal_size((80, 24))
    return ConsoleDimensions(max(size.columns, MIN_SIZE[0]), max(size.lines, MIN_SIZE[1]))


def reraise(number: int) -> None:
    """Send the signal to this process with its default action: stop or end the process."""
    before = signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    signal.signal(number, before)
