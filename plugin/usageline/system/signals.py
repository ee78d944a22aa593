"""Restore default signal handling. Claude Code's shell or nohup may ignore or block signals."""

from __future__ import annotations

import contextlib
import os
import signal

IGNORED_BY_PYTHON = tuple(
    getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ") if hasattr(signal, name)
)
"""Python reports these as errors. `subprocess` restores them in the processes that it starts."""


def restore(except_for: tuple[int, ...] = ()) -> None:
    """Restore the default action of each ignored signal not in `except_for`, and unblock all."""
    if os.name != "posix":
        return
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            if number not in except_for and signal.getsignal(number) == signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def restore_own() -> None:
    """Restore the signals of this process, so that its child processes inherit the defaults."""
    restore(IGNORED_BY_PYTHON)
