"""Child processes start with default signals, even if this process ignores or blocks them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import REPOSITORY

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import Release, World

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells")
IGNORING = "trap '' INT TERM HUP QUIT PIPE ALRM USR1 USR2 TSTP; exec \"$@\""
RUN = """
import signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
sys.path.insert(0, sys.argv[1])
from usageline.system import process
command = ["/bin/cat", "/proc/self/status"]
done = process.run(command, {}, None, deadline=time.monotonic() + 20, max_bytes=1 << 16)
sys.stdout.buffer.write(done.output)
"""


def masks(status: str) -> dict[str, int]:
    """Return the ignored and blocked signals of a /proc/PID/status."""
    rows = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return {name: int(rows[name], 16) for name in ("SigIgn", "SigBlk")}


@LINUX
def test_process_run_starts_with_default_signals() -> None:
    command = [
        "/bin/sh",
        "-c",
        IGNORING,
        "sh",
        sys.executable,
        "-I",
        "-c",
        RUN,
        str(REPOSITORY / "plugin"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert masks(done.stdout) == {"SigIgn": 0, "SigBlk": 0}


@LINUX
def test_alert_command_starts_with_default_signals(
    world: World, api: Api, built_release: Release
) -> None:
    out = world.root / "status"
    world.configure(f"[alerts]\nthresholds = [1]\ncommand = 'cat /proc/self/status > {out}'\n")
    assert api.url
    world.run("/bin/sh", "-c", IGNORING, "sh", *built_release.refresh_command)
    assert masks(out.read_text()) == {"SigIgn": 0, "SigBlk": 0}


NO_THREADS = """
import runpy, sys, threading
def start(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
sys.argv = ["usageline.refresh", "--by", "line"]
runpy.run_module("usageline.refresh", run_name="__main__", alter_sys=True)
"""


def test_refresh_without_threads_succeeds_and_logs_it(
    world: World, api: Api, built_release: Release
) -> None:
    """As with `ulimit -u 1`, which does not limit root."""
    done = world.run(built_release.python, "-I", "-B", "-c", NO_THREADS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert world.snapshot()["status"] == "ok"
    assert len(api.requests) == 1
    assert "no thread can be started (ulimit -u)" in Path(world.paths.log).read_text()
