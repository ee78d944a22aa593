"""What commands that stay open do: redraw a table each second, and refresh in the background."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.live import Live
from rich.text import Text

from usageline.cli.appearance import Appearance
from usageline.cli.table import render_table
from usageline.core import background, formatting, freshness, jobs, json_file, throttle, windows
from usageline.line import spawn
from usageline.line.main import PROBLEMS
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Frame: TypeAlias = Callable[[int, int, float], RenderableType]

END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MIN_SIZE = (20, 4)
"""Columns and rows, also for a terminal that reports less or no size."""

LOCAL_INTERVAL_S = 60
"""Between two jobs that read the transcripts, while a program stays open."""


def watch(env: dict[str, str]) -> None:
    """Show the table of limits until a signal arrives."""
    paths, refreshes = Paths(env), Refreshes(env)

    def frame(width: int, _height: int, now: float) -> RenderableType:
        snapshot = json_file.json_file(paths.snapshot)
        credentials = freshness.file_fingerprint(paths.claude_credentials)
        clock = time.strftime("%H:%M:%S", time.localtime(now))
        note = refreshes.start_if_due(snapshot, credentials, now)
        hint = " · ".join(filter(None, (clock, note, "Ctrl-C quits")))
        look = Appearance(env, snapshot)
        return Group(render_table(snapshot, credentials, now, width, look), Text(hint, "dim"))

    run(frame)


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


class Refreshes:
    """Start a refresh when one is due, with the throttle of the status line.

    The refresh runs in its own session, and nothing waits for it.
    """

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._running: subprocess.Popen[bytes] | None = None
        self._job: subprocess.Popen[bytes] | None = None

    def start_if_due(self, snapshot: dict[str, Any] | None, credentials: str, now: float) -> str:
        """Start a refresh if one is due. Return a note for the user, or "" for nothing to note."""
        if self._running is not None and self._running.poll() is None:
            return "refreshing"
        if not freshness.is_stale(snapshot, credentials, now):
            return next_refresh(snapshot or {}, now)
        failure = throttle.last_failure(Paths(self._env).stamp, now)
        refused = throttle.acquire_refresh(self._env, now)
        if not refused:
            try:
                self._running = self._run(background.refresh_command(sys.executable, "watch"))
            except OSError:
                refused = "uninstalled"
        # If `refused` is `recent`, a status line has just started a refresh.
        return PROBLEMS.get(refused) or PROBLEMS.get(failure, "refreshing")

    def start_local_if_due(self, now: float) -> None:
        """Start the job that reads new parts of the transcripts, unless one ran recently."""
        if not jobs.claim(self._env, jobs.LOCAL, jobs.LOCAL_KEY, now, LOCAL_INTERVAL_S):
            return
        with contextlib.suppress(OSError):
            self._job = self._run(spawn.job_command(sys.executable, [jobs.LOCAL]))

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        # `spawn.launch_refresh` is not usable here: it closes every file of its process.
        null = subprocess.DEVNULL
        return subprocess.Popen(
            command,
            env=background.refresh_environment(self._env),
            stdin=null,
            stdout=null,
            stderr=null,
            cwd="/",
            start_new_session=True,
        )


def next_refresh(snapshot: dict[str, Any], now: float) -> str:
    """Return when the next refresh is due, "" if the snapshot has no time."""
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    return "" if due_at is None else f"next refresh in {formatting.ago(max(due_at - now, 0))}"
