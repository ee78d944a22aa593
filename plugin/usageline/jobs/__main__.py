"""`python -I -B -m usageline.jobs git DIRECTORY` or `… chain KEY TIMEOUT_S COMMAND`: one look, silent, exit status 0 whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading

GIT_LAST_RESORT_S = 6.0
CHAIN_LAST_RESORT_S = 3.0
"""Beyond the command's own time limit."""


def main() -> None:
    """Run the look and leave. After the last resort's time the process ends wherever it is, with all that it started."""
    kind, *arguments = sys.argv[1:]
    # Nobody reads what a background process says.
    with contextlib.suppress(Exception):
        if kind == "git":
            _end_after(GIT_LAST_RESORT_S)
            from usageline.jobs import git_status  # noqa: PLC0415 - after the timer: an import can hang on a dead network disk

            git_status.run(os.environ, arguments[0])
        elif kind == "chain":
            key, timeout_s, command = arguments
            _end_after(float(timeout_s) + CHAIN_LAST_RESORT_S)
            from usageline.jobs import chained_command  # noqa: PLC0415 - as above

            chained_command.run(os.environ, key, float(timeout_s), command)
    os._exit(0)


def _end_after(seconds: float) -> None:
    resort = threading.Timer(seconds, _end)
    resort.daemon = True
    try:
        resort.start()
    except RuntimeError:  # no thread may be started (ulimit -u): the kernel ends this process, and guards its children
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, seconds)


def _end() -> None:
    try:
        from usageline.system.process_tree import kill_descendants  # noqa: PLC0415 - only now needed

        kill_descendants()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
