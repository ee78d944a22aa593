"""Let the cache's disk and directory fail while sessions run."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk.faults_of import FAULTS, UNSAFE, placed
from tests.faults.disk.scene import stray
from tests.faults.disk.space import wait_for_background
from tests.faults.needs import needs
from tests.faults.promises import promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.disk.faults_of import Fault
    from tests.faults.disk.scene import Scene
    from tests.hot import Hot
    from tests.server import Api
    from tests.world import World

MAX_RUN_S = 15.0
"""A line takes a few hundredths; the machine may be busy, and strace is slow."""

QUICK = ("full", "no flock (ENOLCK)", "a symbolic link")
EACH = [pytest.param(name, marks=() if name in QUICK else pytest.mark.full) for name in FAULTS]


@contextlib.contextmanager
def lasting(scene: Scene, fault: Fault) -> Iterator[None]:
    """Apply the fault during the block."""
    before = scene.hot.command, scene.space.prefix
    fault.begin(scene)
    scene.space.prefix = [*scene.space.prefix, *placed(fault.before, scene)]
    scene.hot.command = [*scene.space.prefix, *before[0][len(before[1]) :]]
    try:
        yield
    finally:
        scene.hot.command, scene.space.prefix = before
        fault.end(scene)


def assert_bounded(scene: Scene, fault: Fault, turns: int) -> None:
    """Assert complete lines with the words over some minutes, and at most one attempt a minute."""
    for _ in range(turns):
        started = scene.starts
        line = scene.settled_line()
        assert fault.says in line
        assert fault.says in scene.line()
        assert ("37%" in line, "20m ago" in line) == (fault.shows, fault.shows)
        wait_for_background(scene.world)
        assert scene.starts - started <= 1
        scene.a_minute_passes()


@promise(
    "If the cache's disk or directory fails in any way, every line is still complete and "
    "immediate. At most one refresh a minute is tried, and it sends no request. When the "
    "fault is over, the next refresh repairs everything. Tried: full, no inodes, quota, "
    "read-only, I/O errors, no flock, replaced by a file or a link, world-writable, no "
    "permission.",
    sees=(
        "The last numbers with their age, and `no refresh: the disk is full`, `… the cache "
        "cannot be written`, `… has no locks` or `… is not yours alone`. `usageline refresh` "
        "and `usageline doctor` name the reason."
    ),
    topic="disk",
)
@pytest.mark.parametrize("name", EACH)
def test_a_cache_that_fails(
    name: str, scene: Scene, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    needs(*(("strace",) if "strace" in FAULTS[name].before else ()))
    fault, turns = FAULTS[name], size(1, 3)
    scene.get_numbers()
    scene.grow_old()
    asked = len(scene.api.requests)
    with lasting(scene, fault):
        assert_bounded(scene, fault, turns)
        if size(0, 1):
            report = scene.usageline("doctor")
            assert report.returncode == 1
            assert fault.doctor in " ".join(report.stdout.split())
        assert len(scene.api.requests) == asked
        done = scene.usageline("refresh", "--force")
        assert (done.returncode, len(scene.api.requests) - asked) == (
            (0, 1) if fault.mended else (1, 0)
        )
        assert fault.refresh in done.stdout + done.stderr
    tries = scene.starts - 1
    scene.a_minute_passes()
    line = scene.settled_line()
    assert "37%" in line
    assert "ago" not in line
    assert "no refresh" not in line
    assert stray(os.listdir(scene.space.inside(scene.world.cache))) == []
    assert scene.tokens_found() == []
    assert scene.took_s < MAX_RUN_S
    figure(f"{name}: {turns} min of lines, {tries} tries, 0 requests; recovered")


@promise(
    "If the disk is full from the beginning and no numbers were ever stored, the line "
    "reports that. It does not stay at `loading…`.",
    sees="`no refresh: the disk is full`",
    topic="disk",
)
@pytest.mark.parametrize(
    "name",
    [
        "full",
        pytest.param("no inodes", marks=pytest.mark.full),
        pytest.param("no flock (ENOLCK)", marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize(
    "made", [True, pytest.param(False, marks=pytest.mark.full)], ids=["with a directory", "without"]
)
def test_a_cache_that_never_worked(
    name: str, made: bool, scene: Scene, figure: Callable[[str], None]
) -> None:
    needs(*(("strace",) if "strace" in FAULTS[name].before else ()))
    fault = FAULTS[name]
    if made:
        scene.space.inside(scene.world.cache).mkdir(parents=True, mode=0o700)
    with lasting(scene, fault):
        for _ in range(3):
            assert scene.settled_line() == fault.says
            scene.a_minute_passes()
        assert scene.api.requests == []
    assert scene.starts <= 3
    assert "37%" in scene.settled_line()
    figure(f"{name}: {scene.starts} tries, 0 requests; recovered")


@promise(
    "A wait that the service requested is kept on a full disk. The store that holds it is "
    "not set aside if a new one cannot be created.",
    sees="`rate-limited until 14:05`",
    topic="disk",
)
@pytest.mark.parametrize("name", ["no inodes", pytest.param("full", marks=pytest.mark.full)])
@pytest.mark.slow
def test_a_cooldown_outlives_a_full_disk(
    name: str, scene: Scene, figure: Callable[[str], None]
) -> None:
    scene.get_numbers()
    scene.api.fault = "429:3600"
    scene.ask()
    asked = len(scene.api.requests)
    with lasting(scene, FAULTS[name]):
        for _ in range(3):
            scene.grow_old()
            scene.usageline("refresh", "--force")
    scene.a_minute_passes()
    assert "rate-limited until" in scene.settled_line()
    assert len(scene.api.requests) == asked
    figure(f"{name}: 4 tries, 0 requests")


@promise(
    "A cache directory of another user is refused. usageline reads only its own files in "
    "it and writes nothing.",
    sees="`no refresh: the cache directory is not yours alone`",
    topic="users",
)
def test_a_cache_of_another_user(
    hot: Hot, world: World, api: Api, figure: Callable[[str], None]
) -> None:
    needs(root=True)
    nobody = 65534
    for directory in (world.cache, world.cache.parent):
        hot.publish(next_refresh_at=0)
        os.chown(directory, nobody, nobody)
        before = sorted(os.listdir(world.cache))
        assert UNSAFE in hot.line()
        wait_for_background(world)
        assert sorted(os.listdir(world.cache)) == before
        os.chown(world.paths.snapshot, nobody, nobody)
        assert hot.line() == UNSAFE
        os.chown(world.paths.snapshot, 0, 0)
        os.chown(directory, 0, 0)
    assert api.requests == []
    hot.line()
    wait_for_background(world)
    assert len(api.requests) == 1
    assert UNSAFE not in hot.line()
    figure("2 directories: 0 files written, 0 requests")
