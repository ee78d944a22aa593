"""Stop a refresh, or let it wait forever, while it holds the lock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.crowd.holders import (
    change_note,
    let_it_hang,
    lock_is_free,
    note_of,
    release_claim,
    stopped_refresh,
    wait_for,
    wait_for_turn,
)
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.hot import Hot
from tests.running import is_running, processes_with
from usageline.refresh.lock_owner import current_owner
from usageline.refresh.run import TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

SLACK_S = 10
"""For a busy machine."""


@promise(
    "A refresh that was stopped while it holds the lock delays no line. Once it is older "
    "than any refresh can be, the next refresh kills it and sends the request itself.",
    sees="The last numbers with their age, until the next refresh brings new ones.",
    topic="hang",
)
@pytest.mark.slow
def test_a_stopped_holder_is_ended_by_the_next_refresh(
    world: World,
    api: Api,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs()
    hot, really = Hot(world, built_release), bool(size(0, 1))
    world.run(*built_release.refresh_command)
    with stopped_refresh(world, built_release, api) as stopped:
        world.make_due()
        slowest = max(drawn_in(hot) for _ in range(size(5, 50)))
        # It may only be slow: the next refresh exits at once and does not touch it.
        assert world.run(*built_release.refresh_command).returncode == 0
        assert is_running(stopped.pid)
        let_it_hang(world, stopped, really=really)
        output = world.run(built_release.python, "-I", "-B", "-m", "usageline.cli", "doctor").stdout
        assert "a refresh hangs" in output

        asked = len(api.usage_requests)
        release_claim(world)
        drawn_in(hot)
        took_s = wait_for(lambda: not is_running(stopped.pid), TIMEOUT_S + SLACK_S)
        home = b"HOME=" + os.fsencode(world.home) + b"\0"
        assert wait_for(lambda: not processes_with(home, "environ")) < TIMEOUT_S + SLACK_S
        assert lock_is_free(world)
        # The request that was cut off counts: the next one waits for its turn.
        assert len(api.usage_requests) == asked
        wait_for_turn(world)
        done = world.run(*built_release.refresh_command, "--force")
        assert (done.returncode, len(api.usage_requests), world.snapshot()["status"]) == (
            0,
            asked + 1,
            "ok",
        )
    assert not os.path.exists(world.paths.lock_owner)
    figure(
        f"{size(5, 50)} lines meanwhile, the slowest {slowest * 1000:.0f} ms; killed "
        f"{took_s:.1f} s after the next refresh was due"
    )


@promise(
    "A refresh that hangs is killed together with every program that it started, whatever "
    "session they are in.",
    sees="No difference.",
    topic="hang",
)
def test_what_a_hanging_refresh_started_ends_with_it(
    world: World, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    needs()
    pids = world.root / "pids"
    client = world.home / ".local" / "bin" / "claude"
    client.parent.mkdir(parents=True)
    client.write_text(
        f"#!/bin/sh\nsleep 300 & echo $! >>{pids}\nsetsid sleep 300 & echo $! >>{pids}\n"
        "kill -STOP $PPID\nwait\n"
    )
    client.chmod(0o755)
    world.configure('sources = ["client"]\n')
    with subprocess.Popen(
        built_release.refresh_command, env=world.env, stdin=subprocess.DEVNULL
    ) as stopped:
        wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        wait_for(lambda: is_stopped(stopped.pid))
        asked_by = time.time()
        let_it_hang(world, stopped, really=False)
        world.configure('sources = ["oauth"]\n')
        wait_for(lambda: time.time() > asked_by + 2)
        done = world.run(
            built_release.python, "-I", "-B", "-m", "usageline.cli", "refresh", "--force"
        )
        assert "killed a hung refresh" in done.stdout, done
        assert stopped.wait(SLACK_S)
    started = [int(pid) for pid in pids.read_text().split()]
    wait_for(lambda: not any(map(is_running, started)))
    assert (world.snapshot()["status"], len(api.usage_requests)) == ("ok", 1)
    figure(
        f"1 refresh, its client, and {len(started)} processes below that, one in a session of "
        "its own"
    )


@promise(
    "usageline kills only a refresh of the same user that holds the lock. A reused "
    "process number or a false entry in the lock's owner file kills no other process.",
    sees="`another refresh is under way`",
    topic="hang",
)
@pytest.mark.slow
def test_a_stranger_is_never_ended(
    world: World, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    needs()
    path = Path(world.paths.lock_owner)
    with stopped_refresh(world, built_release, api) as stopped, stranger() as other:
        let_it_hang(world, stopped, really=False)
        good, started = (
            path.read_text(),
            Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19],
        )
        assert current_owner(world.paths) is not None
        change_note(world, started=str(int(note_of(world)["started"]) - 1))
        falsehoods = [
            path.read_bytes(),
            b"",
            b"{",
            b"[]",
            b'{"pid": 1, "since": 0}',
            b"\0" * 4096,
            b'{"pid":' + b"9" * 5000 + b"}",
        ]
        path.write_text(good)
        named: list[dict[str, object]] = [
            {"pid": other.pid},
            {"pid": other.pid, "started": started},
            {"pid": 1},
            {"pid": -1},
            {"pid": 0},
            {"pid": str(stopped.pid)},
        ]
        named += [
            {"since": time.monotonic() + 1e6},
            {"since": "0"},
            {"since": None},
            {"started": None},
            {"pid": True},
            {"pid": os.getpid()},
        ]
        for changes in named:
            change_note(world, **changes)
            falsehoods.append(path.read_bytes())
            path.write_text(good)
        for content in falsehoods:
            path.write_bytes(content)
            assert current_owner(world.paths) is None, content
        for content in falsehoods[:2] + falsehoods[7:9]:
            path.write_bytes(content)
            done = world.run(built_release.python, "-I", "-B", "-m", "usageline.cli", "refresh")
            assert done.stdout == "another refresh is under way\n"
        path.unlink()
        path.symlink_to(world.root / "elsewhere")
        (world.root / "elsewhere").write_text(good)
        assert current_owner(world.paths) is None
        path.unlink()
        path.write_text(good)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            assert current_owner(world.paths) is None
        assert is_running(stopped.pid)
        assert is_running(other.pid)
    figure(f"{len(falsehoods) + 2} false notes: 0 processes killed")


def drawn_in(hot: Hot) -> float:
    """Return the seconds that a line with the session's number takes."""
    began = time.monotonic()
    assert "37%" in hot.line()
    return time.monotonic() - began


def is_stopped(pid: int) -> bool:
    """Return whether a signal stopped it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def stranger() -> subprocess.Popen[bytes]:
    """Start another program of this user; it exits when stdin closes."""
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )
