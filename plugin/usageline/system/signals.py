"""Signals as a program expects them: Claude Code's shell, or nohup, may have had some ignored or blocked."""

from __future__ import annotations

import contextlib
import os
import signal

PYTHONS = tuple(
    getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ") if hasattr(signal, name)
)
"""Ignored by Python itself, which reports them as errors. `subprocess` restores them in what it starts."""


def restore(keep: tuple[int, ...] = ()) -> None:
    """Restore the default action of each ignored signal but for `keep`, and unblock all."""
    if os.name != "posix":
        return
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            if number not in keep and signal.getsignal(number) == signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def restore_own() -> None:
    """Restore them in this process, so that whatever it starts has them."""
    restore(PYTHONS)
