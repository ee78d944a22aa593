"""Crash a process that holds the token while core dumps are enabled."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.secrets.canaries import Search, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

CONTROL = "import sys; kept = [sys.argv[1]] * 1; print('ready', flush=True); sys.stdin.read()"
"""A process with a secret in its memory and no protection."""


def start(world: World, *command: str) -> subprocess.Popen[bytes]:
    """Start a process in the home directory with an unlimited core size."""
    return subprocess.Popen(
        ["/bin/sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", *command],
        env=world.env,
        cwd=world.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def crash(process: subprocess.Popen[bytes], number: signal.Signals) -> bool | None:
    """Return whether the kernel wrote a core of it anywhere; None if it had ended itself."""
    os.kill(process.pid, number)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    return os.WCOREDUMP(status) if process.returncode == -number else None


def crash_while_asking(world: World, api: Api, command: list[str], number: signal.Signals) -> bool:
    """Return whether a refresh by that command leaves a core when that signal ends it.

    The refresh has sent the token and waits for an answer. Start again if a busy machine delayed
    it.
    """
    for _ in range(5):
        api.requests.clear()
        world.env["XDG_CACHE_HOME"] = tempfile.mkdtemp(dir=world.home)
        process = start(world, *command, "--force")
        while not api.requests and process.poll() is None:
            time.sleep(0.02)
        if api.requests and process.poll() is None:
            if os.geteuid() != 0:
                assert not os.access(f"/proc/{process.pid}/mem", os.R_OK)
            left_a_core = crash(process, number)
            if left_a_core is not None:
                return left_a_core
        process.communicate()
    raise AssertionError("no refresh came to ask")


@promise(
    "A process that holds the token leaves no core dump if it crashes. Only root can read "
    "its memory.",
    sees="No difference.",
    topic="token",
)
@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY and os.geteuid() != 0,
    reason="cores cannot be switched on here",
)
def test_a_crash_leaves_no_core(
    world: World,
    api: Api,
    *,
    built_release: Release,
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
    numbers = (
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGQUIT,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGTRAP,
        signal.SIGXCPU,
    )
    words = (
        built_release.refresh_command,
        [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "refresh"],
    )
    tried = 0
    for number in numbers[: size(1, len(numbers))]:
        for command in words:
            assert not crash_while_asking(world, api, command, number)
            tried += 1
    held, _ = Search([secret]).files(world.root, but=[world.home / ".claude" / ".credentials.json"])
    assert held == []
    assert not list(world.home.glob("core*"))
    figure(
        f"{tried} crashes with the token in memory, core size unlimited: 0 cores (one of a "
        "process that does nothing about it: 1)"
    )
