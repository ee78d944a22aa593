"""`usageline watch`: the table, drawn again each second, on a screen of its own that is gone when it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleDimensions, Group
from rich.live import Live
from rich.text import Text

from usageline.cli.table import drawn
from usageline.core import background, formatting, freshness, json_file, paths, throttle, windows
from usageline.line.main import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEAST_CELLS = (20, 4)
"""Of a terminal that says it is smaller, or that it has no size, columns and rows are taken to be these."""


def watch(env: dict[str, str]) -> None:
    """Show it until a signal comes. Ctrl-C is the usual end; after another signal the process ends by that signal, its terminal restored."""
    refreshes = Refreshes(env)
    try:
        with woken_by(*ENDING, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH) as wait:
            while (number := _show(env, refreshes, wait)) == signal.SIGTSTP:
                _yield_to(number)  # Ctrl-Z: the shell gets its own screen back; `fg` goes on here
    except OSError:  # the terminal is gone
        return
    if number != signal.SIGINT:
        _yield_to(number)


class Refreshes:
    """Starts a refresh where one is due, as the status line does: by the same stamp, in a session of its own, never waiting for it."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._running: subprocess.Popen[bytes] | None = None

    def look(self, snapshot: dict[str, Any] | None, credentials: str, now: float) -> str:
        """Start one if it is due; gives a note for the user, or ""."""
        if self._running is not None and self._running.poll() is None:
            return "looking now"
        if not freshness.is_due(snapshot, credentials, now):
            return ""
        hindered = throttle.last_failure(paths.stamp(self._env), now)
        refused = throttle.acquire_refresh(self._env, now)
        if not refused:
            try:
                self._running = self._start()
            except OSError:
                refused = "uninstalled"
        # `recent`: a status line has just started one.
        return PROBLEMS.get(refused) or PROBLEMS.get(hindered, "looking now")

    def _start(self) -> subprocess.Popen[bytes]:
        # Not `start.launch`, which is a last act: it closes every file of its process.
        null = subprocess.DEVNULL
        return subprocess.Popen(
            background.refresh_command(sys.executable, "watch"),
            env=background.refresh_environment(self._env),
            stdin=null,
            stdout=null,
            stderr=null,
            cwd="/",
            start_new_session=True,
        )


@contextlib.contextmanager
def woken_by(*numbers: signal.Signals) -> Iterator[Callable[[float], int]]:
    """For the block those signals do nothing but end a wait. Gives the wait: `wait(seconds)` gives the next signal's number, or 0.

    No exception is raised out of the blue, so that the terminal is always put back in order.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def wait(seconds: float) -> int:
        ready, _, _ = select.select([reader], [], [], max(seconds, 0))
        return os.read(reader, 1)[0] if ready else 0

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _show(env: dict[str, str], refreshes: Refreshes, wait: Callable[[float], int]) -> int:
    """Draw until a signal ends it; gives that signal's number."""
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
            live.update(_frame(env, refreshes, console.width, now), refresh=True)
            number = wait(1 - now % 1)
            if number in (*ENDING, signal.SIGTSTP):
                return number


def _frame(env: dict[str, str], refreshes: Refreshes, width: int, now: float) -> RenderableType:
    snapshot: dict[str, Any] | None = json_file.json_file(paths.snapshot(env))
    credentials = str(freshness.file_stamp(paths.claude_credentials(env)))
    note = refreshes.look(snapshot, credentials, now)
    if not note and snapshot:
        note = next_look(snapshot, now)
    hint = " · ".join(
        part
        for part in (time.strftime("%H:%M:%S", time.localtime(now)), note, "Ctrl-C ends")
        if part
    )
    return Group(drawn(snapshot, credentials, now, width), Text(hint, "dim"))


def next_look(snapshot: dict[str, Any], now: float) -> str:
    """When the next refresh is due, or "" where the snapshot names no time."""
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    return "" if due_at is None else f"next look in {formatting.ago(max(due_at - now, 0))}"


def _size() -> ConsoleDimensions:
    # Asked anew each time, and not of COLUMNS and LINES: those stay what they were when the window changes.
    try:
        found = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        found = os.terminal_size((80, 24))
    return ConsoleDimensions(max(found.columns, LEAST_CELLS[0]), max(found.lines, LEAST_CELLS[1]))


def _yield_to(number: int) -> None:
    """Let the signal do what it does to a program that does not handle it: stop this process until it is continued, or end it."""
    before = signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    signal.signal(number, before)
