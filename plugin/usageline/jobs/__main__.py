"""Run one background job: `python -I -B -m usageline.jobs git DIRECTORY`.

Or `… local [TRANSCRIPT]`, or `… chain KEY TIMEOUT_S COMMAND`. It prints nothing and always exits
with status 0. To add a job, write a module with `run(env, *arguments)`, and list it in `JOBS`.
"""

from __future__ import annotations

import _thread
import contextlib
import gc
import os
import sys
import time
from importlib import import_module

JOBS = {
    "git": ("git_status", 6.0),
    "local": ("live_usage", 600.0),
    "chain": ("chained_command", 3.0),
}
"""By kind: the module, and the seconds after which the job is killed.

A first build of the index goes on in the next job, after its last transaction. Those of a chained
command are added to its own timeout.
"""


def main() -> None:
    """Run the job and exit. After the hard timeout, kill this process and all its descendants."""
    kind, *arguments = sys.argv[1:]
    gc.disable()  # nothing that an import makes is garbage, and a job ends soon
    # A background process has no reader for its errors.
    with contextlib.suppress(Exception):
        module, timeout_s = JOBS[kind]
        _exit_after(timeout_s + (float(arguments[1]) if kind == "chain" else 0))
        # After the timer is set: an import may hang on a network disk.
        import_module(f"usageline.jobs.{module}").run(os.environ, *arguments)
    os._exit(0)


def _exit_after(seconds: float) -> None:
    try:
        # `threading` takes longer to import than a job may need for everything else.
        _thread.start_new_thread(_exit, (seconds,))
    except RuntimeError:
        import signal  # noqa: PLC0415 - as above

        # No thread can be started (ulimit -u): SIGALRM kills this process, the watchdog the rest.
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, seconds)


def _exit(after_s: float) -> None:
    time.sleep(after_s)
    try:
        from usageline.system.process_tree import kill_descendants  # noqa: PLC0415 - rarely used

        kill_descendants()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
