"""Control the running process: its clock, its directory, its signals, and its memory."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


IGNORED_BY_PYTHON = tuple(
    getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ") if hasattr(signal, name)
)
"""Python reports these as errors. `subprocess` restores them in the processes that it starts."""

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


class Clock(NamedTuple):
    """Read the time and wait: `now` in epoch seconds, `monotonic` and `sleep` in seconds."""

    now: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


SYSTEM_CLOCK = Clock(time.time, time.monotonic, time.sleep)


def current_directory() -> str:
    """Return the working directory, the root directory if it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return "/"


def restore_signals(except_for: tuple[int, ...] = ()) -> None:
    """Restore the default action of each ignored signal not in `except_for`, and unblock all."""
    if os.name != "posix":
        return
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            if number not in except_for and signal.getsignal(number) == signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def restore_own_signals() -> None:
    """Restore the signals of this process, so that its child processes inherit the defaults."""
    restore_signals(IGNORED_BY_PYTHON)


def disable_core_dumps() -> None:
    """Disable core dumps of this process, and reading of its memory by others of this user.

    Call it before a secret is read. It raises nothing. On Linux it does not affect child processes.
    Elsewhere it lowers the core size limit, which child processes can raise again.
    """
    # The limit is not enough: the kernel ignores it for a core pipe (systemd-coredump).
    if not set_attribute(PR_SET_DUMPABLE, 0):
        try:
            import resource  # noqa: PLC0415 - Windows has none

            resource.setrlimit(
                resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
            )
        except (ImportError, OSError, ValueError):
            return


def set_attribute(attribute: int, value: int) -> bool:
    """Set an attribute of this process with Linux's `prctl`. Return False if that fails."""
    if sys.platform != "linux":
        return False
    import ctypes  # noqa: PLC0415 - slow to import

    try:
        return bool(ctypes.CDLL(None).prctl(attribute, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
