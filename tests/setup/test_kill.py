"""SIGKILL at any moment: settings.json is the old or the new one, and a later run puts everything right."""

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
KILLS = 8


def wired(data: bytes) -> bytes:
    """The settings without the interpreter's name: which one is fastest may differ from install to install."""
    return re.sub(rb"(-x|exec) [^ ]*/python[0-9.]*", rb"\1 python", data)


def kill_after(process: subprocess.Popen[bytes], delay_s: float) -> None:
    """Kill the process and all that it started."""
    try:
        process.wait(delay_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("arguments", [("--yes",), ("--uninstall",)], ids=["install", "uninstall"])
def test_a_kill_leaves_settings_old_or_new(profile: Machine, arguments: tuple[str, ...]) -> None:
    """And the run after it ends where one that was not killed would have."""
    profile.write_settings(BEFORE)
    started = time.monotonic()
    profile.run("--yes")
    took_s = time.monotonic() - started
    after = wired(profile.settings.read_bytes())
    for _ in range(KILLS):
        profile.run("--uninstall" if arguments == ("--yes",) else "--yes")
        kill_after(profile.start(*arguments), random.uniform(0, took_s))
        assert wired(profile.settings.read_bytes()) in (BEFORE, after)
    profile.run("--yes")
    assert wired(profile.settings.read_bytes()) == after
    profile.run("--uninstall")
    assert {path.name: path.read_bytes() for path in profile.settings.parent.iterdir()} == {
        "settings.json": BEFORE
    }


def test_a_first_install_that_is_killed_can_be_taken_back_or_repeated(machine: Machine) -> None:
    """Half a release, no release, no record yet: an uninstall leaves no file of ours, an install builds it again."""
    machine.write_settings(BEFORE)
    before = machine.files()
    for delay_s in (0.1, 0.3, 0.6, 1.2, 2.5):
        kill_after(machine.start("--yes"), delay_s)
        machine.run("--uninstall")
        assert machine.files() == before
    kill_after(machine.start("--yes"), 1.5)
    machine.run("--yes")
    assert machine.line()
    machine.wait_for_refreshes()
    machine.run("--uninstall")
    assert machine.files() == before


def test_two_installs_at_once_do_not_meet(profile: Machine) -> None:
    """One waits for the other; both end well."""
    processes = [profile.start() for _ in range(3)]
    assert [process.wait(50) for process in processes] == [0, 0, 0]
    assert profile.line()
    profile.run("--uninstall")
    assert not profile.settings.exists()
