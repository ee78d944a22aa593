"""Run one background job: `python -I -B -m usageline.jobs git DIRECTORY`.

Or `… local`, or `… chain KEY TIMEOUT_S COMMAND`. It prints nothing and always exits with status 0.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading

GIT_HARD_TIMEOUT_S = 6.0
LOCAL_HARD_TIMEOUT_S = 600.0
"""A first build goes on in the next job, after its last transaction."""

CHAIN_GRACE_S = 3.0
"""Added to the command's own timeout."""


def main() -> None:
    """Run the job and exit. After the hard timeout, kill this process and all its descendants."""
    kind, *arguments = sys.argv[1:]
    # A background process has no reader for its errors.
    with contextlib.suppress(Exception):
        if kind == "git":
            _exit_after(GIT_HARD_TIMEOUT_S)
            # After the timer is set: an import may hang on a network disk.
            from usageline.jobs import git_status  # noqa: PLC0415

            git_status.run(os.environ, arguments[0])
        elif kind == "local":
            _exit_after(LOCAL_HARD_TIMEOUT_S)
            from usageline.jobs import live_usage  # noqa: PLC0415 - as above

            live_usage.run(os.environ)
        elif kind == "chain":
            key, timeout_s, command = arguments
            _exit_after(float(timeout_s) + CHAIN_GRACE_S)
            from usageline.jobs import chained_command  # noqa: PLC0415 - as above

            chained_command.run(os.environ, key, float(timeout_s), command)
    os._exit(0)


def _exit_after(seconds: float) -> None:
    timer = threading.Timer(seconds, _exit)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:
        # No thread can be started (ulimit -u): SIGALRM kills this process, the watchdog the rest.
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, seconds)


def _exit() -> None:
    try:
        from usageline.system.process_tree import kill_descendants  # noqa: PLC0415 - rarely used

        kill_descendants()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
