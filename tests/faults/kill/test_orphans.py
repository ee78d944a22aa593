"""Kill a process that waits for an external program: that program ends too."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import write_script
from tests.faults.kill import installs
from tests.faults.kill.scene import Scene
from tests.faults.promises import promise
from tests.server import usage_body
from tests.setup.machine import make_machine
from tests.world import World
from usageline.system.process_tree import descendants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release

HANGS = 'trap "" HUP INT TERM PIPE\necho "$$" > "$HOME/started"\nsleep 300\nsleep 300\n'
"""A program that ignores signals and has a child."""

GONE_S = 20.0
"""For a killed process to disappear on a busy machine. Left alone, it would run for minutes."""


def _by_client(scene: Scene, release: Release, _api: Api) -> list[str]:
    program = scene.home / "claude"
    write_script(program, HANGS)
    scene.world.configure(f'sources = ["client"]\nclient = "{program}"\n')
    return release.refresh_command


def _by_alert(scene: Scene, release: Release, api: Api) -> list[str]:
    api.body = usage_body(session=92)
    scene.world.env["USAGELINE_API_URL"] = api.url
    scene.world.configure(f"[alerts]\ncommand = '''{HANGS}'''\n")
    return release.refresh_command


def _by_chain(_scene: Scene, release: Release, _api: Api) -> list[str]:
    return [
        str(release.python),
        "-I",
        "-B",
        "-m",
        "usageline.jobs",
        "chain",
        "0123456789abcdef",
        "30.0",
        HANGS,
    ]


def _by_what_a_chain_left(_scene: Scene, release: Release, _api: Api) -> list[str]:
    left = f"({HANGS}) >/dev/null 2>&1 & echo row"
    return [
        str(release.python),
        "-I",
        "-B",
        "-m",
        "usageline.jobs",
        "chain",
        "0123456789abcdef",
        "30.0",
        left,
    ]


@promise(
    "If a refresh, a background job or an install is killed, its whole process group is "
    "killed too, even if a process ignores signals.",
    sees=("No difference: no `claude`, chained command, notifier or pip keeps running."),
    topic="killed",
)
@pytest.mark.parametrize("begin", [_by_client, _by_alert, _by_chain, _by_what_a_chain_left])
def test_what_was_started_ends(
    begin: Callable[[Scene, Release, Api], list[str]],
    tmp_path: Path,
    built_release: Release,
    api: Api,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    scene = Scene(World(tmp_path / "killed"))
    _kill_when_started(scene, begin(scene, built_release, api), eventually)


@promise(
    "A chained command does not survive its background job, however early the job is "
    "killed after starting the command.",
    sees="The last output of the chained command, then a new one.",
    topic="killed",
)
def test_there_is_no_moment_too_soon(
    tmp_path: Path,
    built_release: Release,
    api: Api,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    scene = Scene(World(tmp_path / "killed"))
    words, null = _by_chain(scene, built_release, api), subprocess.DEVNULL
    moments, began = size(8, 100), 0
    for _ in range(moments):
        process = subprocess.Popen(words, env=scene.world.env, stdin=null, stdout=null, stderr=null)
        deadline = time.monotonic() + 20
        # From the first child on: the watchdog's shell, or the command.
        while not descendants(process.pid) and time.monotonic() < deadline:
            pass
        time.sleep(random.uniform(0, 0.01))
        process.kill()
        process.wait()
        scene.assert_nothing_runs(GONE_S)
        began += (scene.home / "started").exists()
        (scene.home / "started").unlink(missing_ok=True)
    figure(
        f"killed {moments} times within 10 ms of its first child's start, {began} times with "
        "the command at work: 0 processes left"
    )


@promise(
    "If an install is killed, the tool that was installing the packages is killed too. "
    "The next install or uninstall removes its temporary files.",
    topic="killed",
)
@pytest.mark.slow
def test_packages(
    tmp_path: Path,
    clone: Path,
    eventually: Callable[[Callable[[], object]], None],
    figure: Callable[[str], None],
) -> None:
    machine, setup = make_machine(tmp_path / "killed", clone), installs.setup_command(clone)
    machine.write_settings(installs.BEFORE)
    scene = Scene(machine.world)
    before = scene.files()
    write_script(scene.home / "bin" / "uv", 'mkdir "$TMPDIR/tmp-of-uv"\n' + HANGS)
    machine.env["PATH"] = f"{scene.home}/bin:{machine.env['PATH']}"
    _kill_when_started(scene, [*setup, "--yes"], eventually)
    assert list((scene.home / "tmp").iterdir()) == []
    (scene.home / "started").unlink()
    done = machine.world.run(*setup, "--uninstall")
    assert done.returncode == 0, done.stderr
    left = scene.files().keys() - before.keys() - {"bin", "bin/uv"}
    assert left == set()
    figure("killed in the middle of the packages: 0 processes and 0 files left after an uninstall")


def _kill_when_started(
    scene: Scene, words: list[str], eventually: Callable[[Callable[[], object]], None]
) -> None:
    null = subprocess.DEVNULL
    process = subprocess.Popen(words, env=scene.world.env, stdin=null, stdout=null, stderr=null)
    try:
        eventually(
            lambda: (
                Path(scene.home / "started").is_file() and os.path.getsize(scene.home / "started")
            )
        )
        assert len(scene.processes()) > 1
    finally:
        process.kill()
        process.wait()
    scene.assert_nothing_runs(GONE_S)
