"""Let a disk fail during a refresh: between request and answer, and at each system call."""

from __future__ import annotations

import collections
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk.faults_of import FAULTS
from tests.faults.disk.scene import stray
from tests.faults.disk.space import AS_USER, wait_for_background
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.hot import Hot
from tests.world import CANARY
from usageline.refresh.attempt import MAX_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.disk.scene import Scene
    from tests.server import Api
    from tests.world import Release, World

CALLS = (
    "openat",
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "fdatasync",
    "rename",
    "mkdir",
    "unlink",
    "rmdir",
    "fchmod",
    "chmod",
    "utimensat",
    "flock",
)
"""Calls that change something, and `openat`, which creates and reads files."""

ERRORS = ("ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EFBIG")

MIDDLE = (
    "full",
    "no inodes",
    "a file in its place",
    "a symbolic link",
    "world-writable",
    "mode 0",
    "unmounted",
)


@promise(
    "If the disk fails in the middle of a refresh, the snapshot is the old or the new "
    "one, never a part of it. The refresh ends silently, and the next one repairs "
    "everything. Tried: full, no permission, directory replaced, unmounted.",
    sees=(
        "The last numbers with their age. If the disk is gone, `usage: loading…` until there "
        "are new ones."
    ),
    topic="disk",
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in {"full", "unmounted"} else pytest.mark.full)
        for name in MIDDLE
    ],
)
def test_a_disk_that_fails_while_the_service_answers(
    name: str, scene: Scene, figure: Callable[[str], None]
) -> None:
    scene.get_numbers()
    scene.grow_old()
    before = scene.snapshot.read_bytes()
    cache = scene.world.home / ".cache"

    def begin(_: object) -> None:
        scene.api.on_request = lambda _: None
        if name == "unmounted":
            scene.space.do("umount", "-l", cache)
        else:
            FAULTS[name].begin(scene)

    scene.api.on_request = begin
    as_user = AS_USER if name == "mode 0" else ()
    for _ in range(20):  # two requests to this machine are a second apart
        done = scene.space.run(*as_user, *scene.release.refresh_command, "--force")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        if len(scene.api.usage_requests) == 2:
            break
    assert len(scene.api.usage_requests) == 2
    if scene.snapshot.exists() and scene.snapshot.read_bytes() != before:
        assert json.loads(scene.snapshot.read_text())["status"] == "ok"
    assert scene.line()
    if name != "unmounted":
        FAULTS[name].end(scene)
        now = scene.snapshot.read_bytes()
        assert now == before or json.loads(now)["status"] == "ok"
    scene.a_minute_passes()
    line = scene.settled_line()
    assert "37%" in line
    assert "no refresh" not in line
    assert stray(os.listdir(scene.space.inside(scene.world.cache))) == []
    assert scene.tokens_found() == []
    figure(f"{name}: snapshot whole; recovered")


@promise(
    "Whichever call of a refresh the system refuses, the snapshot is the old or the new "
    "one and the line is complete. Reasons tried: no space, quota, read-only, I/O error, "
    "no permission, file too large. The next undisturbed refresh repairs everything.",
    sees=("The last numbers with their age, and the reason why there are no newer ones."),
    topic="disk",
)
@pytest.mark.timeout(300)
@pytest.mark.slow
def test_any_call_of_a_refresh_may_fail(
    world: World,
    api: Api,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace")
    hot, log = Hot(world, built_release), world.root / "calls"
    refresh = [*built_release.refresh_command, "--force"]
    strace = ["strace", "-f", "-qq", "--seccomp-bpf"]
    assert world.run(*refresh).returncode == 0
    tried = world.run(*strace, "-o", log, "--trace=" + ",".join(CALLS), *refresh)
    assert tried.returncode == 0
    moments = _moments(log.read_text(), str(world.root))
    chosen = [
        moments[round(index * (len(moments) - 1) / (count - 1))]
        for count in [min(size(4, 60), len(moments))]
        for index in range(count)
    ]
    torn, broken = 0, 0
    for index, (call, number) in enumerate(chosen):
        before = world.snapshot()
        api.requests.clear()
        inject = f"--inject={call}:error={ERRORS[index % len(ERRORS)]}:when={number}"
        done = world.run(*strace, "-o", "/dev/null", f"--trace={call}", inject, *refresh)
        assert (done.returncode, done.stdout) == (0, "")
        try:
            after = world.snapshot()
            torn += after["observed_at"] < before["observed_at"]
        except ValueError:
            torn += 1
        # If the sign-in cannot be read again, it may have changed. Then the refresh tries it once
        # more, here without the interval between two requests.
        assert len(api.usage_requests) <= MAX_ATTEMPTS, (call, number)
        broken += "37%" not in hot.line()
        wait_for_background(world)  # the line may have found another refresh due
    assert (torn, broken) == (0, 0)
    Path(world.paths.stamp).unlink(missing_ok=True)
    world.make_due()
    _heal(world, refresh)
    assert stray(os.listdir(world.cache)) == []
    assert not [
        path
        for path in world.files()
        if path.name != ".credentials.json" and CANARY.encode() in path.read_bytes()
    ]
    figure(
        f"{len(chosen)} of {len(moments)} calls refused, {len(ERRORS)} reasons: 0 torn files, "
        "0 broken lines, 0 stray files"
    )


def _moments(log: str, below: str) -> list[tuple[str, int]]:
    """Return each call that touched something in the world, as `(name, number)`."""
    counts: dict[tuple[str, str], int] = collections.Counter()
    moments = []
    for line in log.splitlines():
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if match:
            thread, call, arguments = match.groups()
            counts[thread, call] += 1
            if below in arguments or not arguments.startswith(('"', "AT_FDCWD")):
                moments.append((call, counts[thread, call]))
    return list(dict.fromkeys(moments))


def _heal(world: World, refresh: list[str]) -> None:
    """Run one more refresh after the minimum interval of a second between two requests."""
    for _ in range(20):
        assert world.run(*refresh).returncode == 0
        if world.snapshot()["status"] == "ok" and world.snapshot()["next_refresh_at"] > 1:
            return
    pytest.fail("nothing was healed")
