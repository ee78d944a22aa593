"""Run a process and measure exit status, output, seconds and peak memory."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Started from here, the peak would be at least this process's: the kernel counts memory before the
# exec.
_LAUNCHER = """
import os, sys
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
scale = 1 if sys.platform == "darwin" else 1024
os.write(2, b"\\n%d %d" % (os.waitstatus_to_exitcode(status), used.ru_maxrss * scale))
"""


class Measured(NamedTuple):
    """The end of a process. `peak` in bytes."""

    status: int
    output: str
    errors: str
    took_s: float
    peak: int


def run(
    command: Sequence[str], env: Mapping[str, str], data: bytes = b"", timeout_s: float = 30
) -> Measured:
    """Run `command` with `data` on stdin."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command],
        input=data,
        env=env,
        capture_output=True,
        timeout=timeout_s,
        check=True,
    )
    errors, _, numbers = done.stderr.decode().rpartition("\n")
    status, peak = map(int, numbers.split())
    return Measured(status, done.stdout.decode(), errors, time.monotonic() - began, peak)
