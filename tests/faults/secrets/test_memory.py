"""A process that holds the token crashes where cores are wanted."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from faults.needs import needs
from faults.promises import promise
from faults.secrets.canaries import Search, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Api
    from world import Release, World

CONTROL = "import sys; kept = [sys.argv[1]] * 1; print('ready', flush=True); sys.stdin.read()"
"""A process with a secret in its memory that does nothing about it."""


def start(world: World, *command: str) -> subprocess.Popen[bytes]:
    """A process that may leave as large a core as it likes, in the home directory."""
    return subprocess.Popen(
        ["/bin/sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", *command],
        env=world.env,
        cwd=world.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def crash(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Whether the kernel wrote a core of it, wherever to."""
    os.kill(process.pid, number)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    assert process.returncode == -number
    return os.WCOREDUMP(status)


@promise("A process that holds the token and crashes leaves no core, and nobody but root can look into its memory", sees="nothing")
@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY and os.geteuid() != 0, reason="cores cannot be switched on here"
)
def test_a_crash_leaves_no_core(
    world: World,
    api: Api,
    *,
    built_release: Release,
    eventually: Callable[[Callable[[], object]], None],
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs()
    secret = token()
    control = start(world, sys.executable, "-I", "-c", CONTROL, secret)
    assert control.stdout
    assert control.stdout.readline() == b"ready\n"
    assert crash(control, signal.SIGABRT), "cores are written here"
    for left in world.home.glob("core*"):
        left.unlink()

    world.sign_in(token=secret)
    api.fault = "hang"
    numbers = (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP, signal.SIGXCPU)
    words = (built_release.refresh_command, [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "refresh"])
    tried = 0
    for number in numbers[: size(1, len(numbers))]:
        for command in words:
            world.env["XDG_CACHE_HOME"] = str(world.home / f"cache-{tried}")
            process = start(world, *command, "--force")
            eventually(lambda: api.requests)
            api.requests.clear()
            if os.geteuid() != 0:
                assert not os.access(f"/proc/{process.pid}/mem", os.R_OK)
            assert not crash(process, number)
            tried += 1
    held, _ = Search([secret]).files(world.root, but=[world.home / ".claude" / ".credentials.json"])
    assert held == []
    assert not list(world.home.glob("core*"))
    figure(f"{tried} crashes with the token in memory, core size unlimited: 0 cores (one of a process that does nothing about it: 1)")
