"""Setup killed at random moments. tests/faults/kill kills it at every system call."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.setup.machine import Machine

BEFORE = b'{\n  "model": "opus",\n  "statusLine": {"type": "command", "command": "mine.sh"}\n}\n'


def wired(data: bytes) -> bytes:
    """Return the settings without the interpreter, which may differ between installs."""
    return re.sub(rb"/[^ ]*/python[0-9.]*(?= )", b"python", data)


def kill_after(process: subprocess.Popen[bytes], delay_s: float) -> None:
    """Kill the process group after `delay_s`."""
    try:
        process.wait(delay_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.timeout(300)
def test_kill_leaves_old_or_new_settings(profile: Machine) -> None:
    """The next run has the result of a run that was not killed."""
    profile.write_settings(BEFORE)
    started = time.monotonic()
    profile.run("--yes")
    took_s = time.monotonic() - started
    after = wired(profile.settings.read_bytes())
    for argument, result in (("--uninstall", BEFORE), ("--yes", after)):
        kill_after(profile.start(argument), random.uniform(0, took_s))
        assert wired(profile.settings.read_bytes()) in (BEFORE, after)
        profile.run(argument)
        assert wired(profile.settings.read_bytes()) == result
    profile.run("--uninstall")
    assert {path.name: path.read_bytes() for path in profile.settings.parent.iterdir()} == {
        "settings.json": BEFORE
    }


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_killed_first_install_can_be_undone_or_repeated(machine: Machine) -> None:
    """There may be no manifest, no release or half a release."""
    machine.write_settings(BEFORE)
    before = machine.files()
    for delay_s in (0.2, 1.0):
        kill_after(machine.start("--yes"), delay_s)
        machine.run("--uninstall")
        assert machine.files() == before
    kill_after(machine.start("--yes"), 1.5)
    machine.run("--yes")
    assert machine.line()
    machine.wait_for_refreshes()
    machine.run("--uninstall")
    assert machine.files() == before


@pytest.mark.slow
def test_concurrent_installs_wait_for_each_other(profile: Machine) -> None:
    processes = [profile.start() for _ in range(3)]
    assert [process.wait(50) for process in processes] == [0, 0, 0]
    assert profile.line()
    profile.run("--uninstall")
    assert not profile.settings.exists()
