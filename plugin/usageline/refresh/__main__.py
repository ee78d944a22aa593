"""Run one refresh: `python -I -B -m usageline.refresh [--force] [--by TRIGGER]`.

It prints nothing and always exits with status 0.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usageline.refresh.log_entry import RunLog

HARD_TIMEOUT_S = 10
LOG_TIMEOUT_S = 0.3
"""Part of it, to write the log."""


def main() -> None:
    """Run the refresh and exit.

    After HARD_TIMEOUT_S the process exits wherever it is; the kernel releases its lock.
    """
    started = time.monotonic()
    logs: list[RunLog] = []
    watchdog = threading.Timer(HARD_TIMEOUT_S - LOG_TIMEOUT_S, _give_up, (logs,))
    watchdog.daemon = True
    has_watchdog = _started(watchdog)
    os.umask(0o077)
    # A background process has no terminal of its own: a traceback could appear in another one.
    with contextlib.suppress(Exception):
        # All imports come after the timer: an import can hang on a network disk that is gone.
        from usageline.system.this_process import disable_core_dumps  # noqa: PLC0415 - as above

        disable_core_dumps()
        from usageline.core.paths import fill_in_home  # noqa: PLC0415 - as above

        fill_in_home(os.environ)
        from usageline.refresh.log_entry import RunLog  # noqa: PLC0415 - as above
        from usageline.system.this_process import (  # noqa: PLC0415 - as above
            SYSTEM_CLOCK,
            restore_own_signals,
        )

        restore_own_signals()
        logs.append(RunLog(_argument("--by"), started, SYSTEM_CLOCK))
        if not has_watchdog:
            logs[0].notes.append("no thread can be started (ulimit -u)")
        try:
            from usageline.refresh.run import refresh  # noqa: PLC0415 - as above
        except ImportError as error:
            if _is_installed():
                _log(f"{error}; install it again", *logs)
        else:
            force = "--force" in sys.argv[1:]
            if _is_installed():
                refresh(os.environ, force=force, log=logs[0], clock=SYSTEM_CLOCK)
    # A usual exit would wait for a name server that does not answer.
    os._exit(0)


def _is_installed() -> bool:
    """Return False if an uninstall has removed the program since the start.

    A refresh would leave new files behind then.
    """
    return os.path.exists(__file__)


def _started(watchdog: threading.Timer) -> bool:
    """Start the watchdog. If no thread can be started, let the kernel end the process instead."""
    try:
        watchdog.start()
    except RuntimeError:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, HARD_TIMEOUT_S)
        return False
    return True


def _give_up(logs: list[RunLog]) -> None:
    # In a thread of its own: the disk that the refresh waits for may hold the log, too.
    writer = threading.Thread(
        target=_log, args=(f"it did not end within {HARD_TIMEOUT_S} s", *logs), daemon=True
    )
    with contextlib.suppress(RuntimeError):
        writer.start()
        writer.join(LOG_TIMEOUT_S)
    os._exit(0)


def _log(reason: str, *logs: RunLog) -> None:
    with contextlib.suppress(Exception):
        from usageline.storage import refresh_log  # noqa: PLC0415 - its import may be what hangs
        from usageline.system.paths import Paths  # noqa: PLC0415 - as above

        for log in logs:
            refresh_log.append(Paths(os.environ), log.aborted(reason))


def _argument(option: str) -> str:
    words = sys.argv[1:]
    return words[words.index(option) + 1] if option in words[:-1] else ""


if __name__ == "__main__":
    main()
