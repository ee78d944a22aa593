"""Kill at random moments, often, to find what lies between two calls."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.kill import installs, refreshes, runs
from tests.faults.kill.walk import stage
from tests.faults.promises import promise
from tests.server import usage_body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.kill.walk import Case
    from tests.server import Api
    from tests.world import Release

MOMENTS = {
    "line": (6, 150),
    "hook": (6, 100),
    "refresh": (3, 80),
    "look": (3, 70),
    "config": (3, 60),
    "install": (1, 25),
    "uninstall": (1, 25),
}
"""For each, quick and at full size."""


def _case(kind: str, root: Path, release: Release, idle: Release, api: Api) -> Case:
    if kind == "line":
        return runs.line(root, idle, due=True)
    if kind == "hook":
        return runs.hook(root, idle)
    if kind == "refresh":
        return refreshes.first(root, release, api)
    if kind == "look":
        return runs.look_at_repository(root, release)
    return runs.config(root, release, "set")


@promise(
    "SIGKILL at random moments tears no file and leaves no lock and no process. The next "
    "run leaves exactly what an undisturbed run leaves.",
    sees=(
        "No difference: the line, the settings and the configuration are the old or the new ones."
    ),
    topic="killed",
)
@pytest.mark.parametrize(
    "kind",
    [
        "line",
        "hook",
        "refresh",
        "look",
        "config",
        *(pytest.param(kind, marks=pytest.mark.full) for kind in ("install", "uninstall")),
    ],
)
@pytest.mark.slow
def test_moments(
    *,
    kind: str,
    tmp_path: Path,
    built_release: Release,
    release: Release,
    clone: Path,
    api: Api,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    api.body = usage_body(session=92)
    if kind in {"install", "uninstall"}:
        program = installs.Program(clone, built_release, is_linked=False)
        case = getattr(installs, kind)(tmp_path / kind, program)
    else:
        case = _case(kind, tmp_path / kind, built_release, runs.idle(release), api)
    expected = stage(case)
    case.reset()
    took_s = _took_s(case)
    killed, wanted = 0, size(*MOMENTS[kind])
    for _ in range(4 * wanted):
        case.reset()
        started = time.monotonic()
        if _killed_after(case, random.uniform(0, took_s)):
            killed += 1
        else:  # it ended before its moment: the machine was busier when the run was timed
            took_s = time.monotonic() - started
        case.check(expected)
        if killed == wanted:
            break
    assert killed == wanted
    figure(f"{kind}: killed at {killed} moments, nothing torn, nothing left")


def _took_s(case: Case) -> float:
    started = time.monotonic()
    with _start(case) as process:
        process.communicate(case.command.data)
    case.scene.assert_nothing_runs()
    return time.monotonic() - started


def _killed_after(case: Case, delay_s: float) -> bool:
    with _start(case) as process:
        try:
            process.communicate(case.command.data, timeout=delay_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode == -signal.SIGKILL


def _start(case: Case) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    return subprocess.Popen(
        case.command.words, env=case.command.env, stdin=subprocess.PIPE, stdout=null, stderr=null
    )
