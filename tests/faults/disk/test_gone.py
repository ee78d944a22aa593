"""Let file systems vanish, and check what does not depend on them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import install
from tests.faults.disk.space import wait_for_background
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.hot import Hot
from usageline.setup.settings_entries import NOT_INSTALLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.disk.space import Space
    from tests.server import Api
    from tests.world import Release, World

WATCHES = "inotify_init,inotify_init1,inotify_add_watch,fanotify_init,fanotify_mark"


@promise(
    "If the file system of the home directory disappears during a session, one complete "
    "line remains. Nothing is created below the mount point. When the file system is "
    "back, everything works as before.",
    sees=(
        "`usageline is not installed on this system (if it was: install it again)`, then "
        "the numbers again."
    ),
    topic="home",
)
@pytest.mark.slow
def test_a_home_that_vanishes(
    space: Space, world: World, api: Api, figure: Callable[[str], None]
) -> None:
    world.env["NO_COLOR"] = "1"
    install(world)
    backup = world.root / "kept"
    shutil.copytree(world.home, backup, symlinks=True)
    shutil.rmtree(world.home)
    world.home.mkdir(mode=0o700)
    space.mount(world.home, "size=64m")
    space.do("cp", "-a", f"{backup}/.", world.home)
    command = json.loads(space.inside(world.home / ".claude" / "settings.json").read_text())[
        "statusLine"
    ]["command"]

    def line() -> str:
        done = space.run("sh", "-c", command, input="{}", stdin=None)
        assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
        wait_for_background(world)
        return done.stdout

    line()
    assert "37%" in line()
    # A second mount keeps the content, as an unplugged disk does.
    space.do("mount", "--bind", world.home, "/mnt")
    space.do("umount", "-l", world.home)
    for _ in range(3):
        assert line() == NOT_INSTALLED + "\n"
    assert list(space.inside(world.home).iterdir()) == []
    space.do("mount", "--bind", "/mnt", world.home)
    assert "37%" in line()
    assert len(api.requests) == 1
    figure("3 lines without a home, 0 files made; numbers back with it")


@promise(
    "usageline uses no file watches. No line, hook, background job or refresh needs "
    "inotify, and none fails if the system has no watches left.",
    topic="sessions",
)
def test_nothing_is_watched(
    world: World, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    needs("strace", "git")
    log = world.root / "watches"
    hot = Hot(world, built_release)
    world.configure('rows = [["session", "git"]]\n[segments.git]\nshow = ["branch", "dirty"]\n')
    assert world.run("git", "init", "-q").returncode == 0
    strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", str(log), "--trace=execve," + WATCHES]
    payload = json.dumps({"workspace": {"current_dir": str(world.home)}})
    hook = [*hot.command[:-1], str(built_release.hook)]
    calls = []
    for command in (hot.command, hot.command, hook):
        done = hot.run(payload, command=[*strace, *command])
        assert done.returncode == 0
        calls += log.read_text().splitlines()
    assert len(api.requests) == 1
    assert not [call for call in calls if "notify" in call.partition("(")[0]]
    started = [call for call in calls if "execve(" in call]
    assert len([call for call in started if "usageline.refresh" in call]) == 1
    assert [call for call in started if "usageline.jobs" in call]
    figure(f"{len(started)} programs run: 0 watches")


@promise(
    "If the disk that receives a command's output is full, the command reports it without "
    "a traceback. The line itself ends as always.",
    sees="`usageline: No space left on device`",
    topic="disk",
)
@pytest.mark.slow
def test_output_that_cannot_be_written(
    world: World, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    hot = Hot(world, built_release)
    hot.publish()
    done = hot.run(command=["sh", "-c", 'exec "$@" >/dev/full', "sh", *hot.command])
    assert (done.returncode, done.stderr) == (0, b"")
    commands: tuple[list[str], ...] = (
        ["--json"],
        [],
        ["doctor"],
        ["config", "themes"],
        ["refresh"],
    )
    for arguments in commands:
        done_too = world.run(
            "sh",
            "-c",
            'exec "$@" >/dev/full',
            "sh",
            built_release.python,
            "-I",
            "-B",
            "-m",
            "usageline.cli",
            *arguments,
        )
        assert done_too.returncode == 1, arguments
        assert "Traceback" not in done_too.stderr, arguments
        assert "No space left on device" in done_too.stderr, arguments
    assert api.requests == []
    figure(f"{len(commands)} commands: 0 tracebacks")
