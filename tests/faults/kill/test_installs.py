"""Kill whole installs and uninstalls, from a clone and from a wheel, and draw lines meanwhile."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise
from tests.running import wait_until_ended
from tests.setup.machine import installed_releases, make_clone, make_machine
from tests.setup.test_wheel import Shell, dist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.setup.machine import Machine

__all__ = ["dist"]  # a fixture

REMOVED = "No such file or directory\n"
"""The interpreter reports it on stderr if an uninstall removes the script while it starts.

The client shows stdout alone, which has a line of usageline's even then.
"""

BEFORE = b'{\n  "model": "opus",\n\t"statusLine": {"type": "command", "command": "echo mine"}\n}\n'
CACHES = (".cache/uv", ".local/share/uv")
SESSIONS = 50
PAUSE_S = 1.0
"""Between two lines of a session. Claude Code draws at most every 0.3 s."""


@dataclass
class Setup:
    """A machine, and the commands that install and uninstall there."""

    machine: Machine
    install: list[str]
    uninstall: list[str]

    def run(self, words: list[str]) -> str:
        """Run one of them to its end."""
        done = self.machine.world.run(*words, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    def start(self, words: list[str]) -> subprocess.Popen[bytes]:
        """Start one of them as the leader of a new session."""
        null = subprocess.DEVNULL
        return subprocess.Popen(
            words,
            env=self.machine.env,
            cwd=self.machine.world.home,
            stdin=null,
            stdout=null,
            stderr=null,
            start_new_session=True,
        )

    def files(self) -> dict[str, tuple[object, ...]]:
        """Return every file of the home directory, but for what uv and its Python cache there."""
        home = f"{self.machine.world.home}/"
        wait_until_ended(b"HOME=" + os.fsencode(self.machine.world.home) + b"\0", "environ")
        return {
            path.removeprefix(home): state
            for path, state in self.machine.tree().items()
            if path.startswith(home) and not path.removeprefix(home).startswith(CACHES)
        }


def from_clone(tmp_path: Path, _dist: Path) -> Setup:
    """Return the install by install.sh of a clone."""
    machine = make_machine(tmp_path / "world", make_clone(tmp_path / "clone"))
    script = str(machine.clone / "install.sh")
    return Setup(machine, [script, "--yes"], [script, "--uninstall", "--purge"])


def from_wheel(tmp_path: Path, dist: Path) -> Setup:
    """Return the install by the command of a wheel."""
    machine = make_machine(tmp_path / "world", make_clone(tmp_path / "clone"))
    shell = Shell(machine, dist)
    shell.type("uv tool install usageline")
    command = f"{machine.world.home}/.local/share/uv/tools/usageline/bin/usageline"
    return Setup(machine, [command, "install", "--yes"], [command, "uninstall", "--purge"])


@pytest.fixture(params=[from_clone, from_wheel], ids=["clone", "wheel"])
def setup(request: pytest.FixtureRequest, tmp_path: Path, dist: Path) -> Setup:
    """Return a machine with another program's status line, on which usageline was never used."""
    result: Setup = request.param(tmp_path, dist)
    result.machine.env["SHELL"] = "/bin/bash"
    result.machine.write_settings(BEFORE)
    return result


def kill_after(process: subprocess.Popen[bytes], delay_s: float) -> bool:
    """Kill the process group after `delay_s`. Return False if it ended before."""
    try:
        process.wait(delay_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def took_s(setup: Setup, words: list[str]) -> float:
    """Run a command and return how long it took."""
    started = time.monotonic()
    setup.run(words)
    return time.monotonic() - started


def nameless(data: bytes) -> bytes:
    """Return the settings without the interpreter's name, which may differ between installs."""
    return re.sub(rb"/[^ ]*/python[0-9.]*(?= )", b"python", data)


@promise(
    "An install from a clone or a wheel, or an uninstall, killed at a random moment leaves the "
    "old or the new settings.json. Run again it completes, and `uninstall --purge` leaves the "
    "home directory as it was, byte for byte.",
    sees="The old or the new status line.",
    topic="killed",
)
@pytest.mark.full
@pytest.mark.timeout(3600)
def test_whole_install_killed_at_random_moments(
    setup: Setup,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
    request: pytest.FixtureRequest,
) -> None:
    before, settings = setup.files(), setup.machine.settings
    longest_s = {"install": took_s(setup, setup.install)}
    wired = nameless(settings.read_bytes())
    longest_s["uninstall"] = took_s(setup, setup.uninstall)
    assert setup.files() == before
    killed = {"install": 0, "uninstall": 0}
    wanted = size(1, 50)
    while min(killed.values()) < wanted:
        kind = min(killed, key=lambda name: killed[name])
        if kind == "uninstall":
            setup.run(setup.install)
        words = setup.install if kind == "install" else setup.uninstall
        killed[kind] += kill_after(setup.start(words), random.uniform(0, longest_s[kind]))
        assert nameless(settings.read_bytes()) in {BEFORE, wired}
        if killed[kind] % 3 == 0:
            setup.run(setup.install)
            assert nameless(settings.read_bytes()) == wired
            assert setup.machine.line().strip()
        setup.run(setup.uninstall)
        after = setup.files()
        differing = {
            path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        }
        assert differing == set()
    figure(
        f"{request.node.callspec.id}: killed at {killed['install']} moments of an install and "
        f"{killed['uninstall']} of an uninstall, 0 files left"
    )


@contextmanager
def sessions(machine: Machine, lines: list[str]) -> Iterator[None]:
    """Draw lines in many sessions, each by the command that settings.json has at that time."""
    over = threading.Event()

    def draw() -> None:
        while not over.wait(random.uniform(0, 2 * PAUSE_S)):
            command = json.loads(machine.settings.read_bytes())["statusLine"]["command"]
            done = machine.world.run("/bin/sh", "-c", command, stdin=None, input="{}")
            is_quiet = not done.stderr or done.stderr.endswith(REMOVED)
            lines.append(done.stdout if is_quiet and not done.returncode else repr(done))

    threads = [threading.Thread(target=draw) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@promise(
    "Installs and uninstalls, two at once, while many sessions draw lines: each line is complete, "
    "and each session has usageline's line or the one before.",
    sees="The line, or the one before it.",
    topic="setup",
)
@pytest.mark.full
@pytest.mark.timeout(1800)
def test_installs_at_once_while_many_sessions_draw(
    setup: Setup, figure: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    before = setup.files()
    lines: list[str] = []
    with sessions(setup.machine, lines):
        for words in (setup.install, setup.uninstall) * 2:
            running = [setup.start(words) for _ in range(2)]
            assert [process.wait(300) for process in running] == [0, 0]
            count = len(installed_releases(setup.machine.data_dir)) if words is setup.install else 1
            assert count == 1
    assert [text for text in lines if text.count("\n") != 1 or "CompletedProcess" in text] == []
    setup.run(setup.uninstall)
    after = setup.files()
    assert {
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    } == set()
    figure(f"{request.node.callspec.id}: {SESSIONS} sessions, {len(lines):,} lines, each complete")
