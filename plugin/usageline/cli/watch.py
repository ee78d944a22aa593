"""`usageline watch`: the dashboard, or the table if the dashboard cannot start."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import threading
import time
from typing import TYPE_CHECKING

import click

from usageline.cli import live
from usageline.cli.appearance import Appearance
from usageline.cli.live import END_SIGNALS, reraise
from usageline.cli.refresh import current_snapshot
from usageline.cli.table import print_table
from usageline.core import freshness
from usageline.system.paths import Paths
from usageline.system.terminal import limit_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from usageline.cli.dashboard.app import Dashboard


@click.command("watch")
def command() -> None:
    """Show a live dashboard, refreshed when due: bars, charts, alerts and accounts.

    Without a terminal it prints the table once.
    """
    env = dict(os.environ)
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        snapshot = current_snapshot(env, renew=True)
        credentials = freshness.file_fingerprint(Paths(env).claude_credentials)
        print_table(snapshot, credentials, time.time())
        return
    # Textual reads keys from stdin, and writes to stderr.
    if sys.stdin.isatty() and sys.stderr.isatty():
        # An earlier release's packages may lack Textual.
        with contextlib.suppress(ImportError, OSError):
            _show_dashboard(env)
            return
    live.watch(env)


def _show_dashboard(env: dict[str, str]) -> None:
    """Show the dashboard until the user quits or a signal arrives.

    Ctrl-C exits normally. Other signals end the process as usual, after it restored the terminal.
    Raise ImportError or OSError if Textual cannot start.
    """
    ending = Ending()
    with ending.caught():
        app = _load(env, lambda: not ending.number and has_terminal())
        if not ending.number:
            ending.app = app
            threading.excepthook = lambda _: None  # a thread writes to a closed terminal
            try:
                app.run(mouse=False)
            finally:
                ending.app = None
        problem = app.return_code
    if ending.number and ending.number != signal.SIGINT:
        reraise(ending.number)
    if problem and not ending.number:
        raise OSError(0, "the dashboard ended")


class Ending:
    """The signal that ends the dashboard, 0 without one."""

    def __init__(self) -> None:
        self.number = 0
        self.app: Dashboard | None = None

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Let signals close the dashboard within the block. They raise no exception."""
        before = {number: signal.signal(number, self._close) for number in END_SIGNALS}
        stops = {name: signal.getsignal(name) for name in (signal.SIGTSTP, signal.SIGCONT)}
        try:
            yield
        finally:
            for number, handler in {**before, **stops}.items():
                signal.signal(number, handler)

    def _close(self, number: int, _frame: FrameType | None) -> None:
        self.number = self.number or number
        if not has_terminal():
            # There is nothing to restore, and a write would wait for ever.
            reraise(signal.SIGHUP)
            os._exit(0)
        if self.app is not None:
            self.app.end_soon()


def has_terminal() -> bool:
    """Return whether the terminal still exists."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError, termios.error):
        return False
    return True


def _load(env: dict[str, str], is_wanted: Callable[[], bool]) -> Dashboard:
    """Import Textual, with the colors of the line."""
    from usageline.cli.dashboard.data import Data  # noqa: PLC0415 - slow to import

    limit_environment()
    data = Data(env)
    look = Appearance(env, data.snapshot())
    if look.color_system is not None:
        os.environ["TEXTUAL_COLOR_SYSTEM"] = look.color_system
    else:
        os.environ["NO_COLOR"] = "1"
    from usageline.cli.dashboard import app  # noqa: PLC0415 - after the variables

    # On Ctrl-Z, stop like any program; the shell continues it with `fg`.
    return app.Dashboard(data, is_wanted, lambda: reraise(signal.SIGTSTP))
