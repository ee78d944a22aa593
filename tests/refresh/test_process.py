"""The refresh as a process: silent, single, bounded, and nothing stays behind whatever happens to it."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server import Api
from tests.world import World
from usageline.core import paths
from usageline.system import lock
from usageline.system.files import temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Release

MOST_CPU_S = 0.5


def start(world: World, release: Release, *arguments: str) -> subprocess.Popen[bytes]:
    """A refresh as the hot side starts it, but with its output kept for a look."""
    command = [*release.refresh_command, *arguments]
    return subprocess.Popen(
        command,
        env=world.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(condition: Callable[[], bool], within_s: float = 20) -> None:
    """Poll until `condition` holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def lock_is_free(world: World) -> bool:
    """Whether nobody holds the refresh's lock."""
    with lock.hold(paths.lock(world.env)) as ours:
        return ours


def assert_no_trace_of_the_token(world: World, *texts: bytes) -> None:
    """Neither in what a process wrote to its pipes nor in any file but the client's own."""
    for path in world.files():
        if path.name != ".credentials.json":
            assert b"CANARY" not in path.read_bytes(), path
    for text in texts:
        assert b"CANARY" not in text


def test_it_says_nothing_and_exits_0(world: World, api: Api, built_release: Release) -> None:
    """Neither when all goes well nor when nothing does."""
    for fault in ("", "500", "deep", "reset"):
        api.fault = fault
        done = world.run(*built_release.refresh_command, "--force")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    world.env["HOME"] = "/dev/null"  # in which not even root can make a directory
    done = world.run(*built_release.refresh_command, env=world.env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_costs_less_than_half_a_second_of_cpu(
    world: World, api: Api, built_release: Release
) -> None:
    """With a request, and far less where none is due."""
    costs = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        world.run(*built_release.refresh_command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert max(costs) < MOST_CPU_S
    assert len(api.usage_requests) == 1


def test_twenty_at_once_ask_once(world: World, api: Api, built_release: Release) -> None:
    """On an empty cache; all of them end well, and one published."""
    api.fault = "slow:1"
    running = [start(world, built_release) for _ in range(20)]
    for process in running:
        stdout, stderr = process.communicate(timeout=40)
        assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert len(api.usage_requests) == 1
    assert world.snapshot()["status"] == "ok"


def test_a_slow_server_is_given_up_within_ten_seconds_and_the_last_numbers_stay(
    tmp_path: Path, built_release: Release
) -> None:
    """Before the headers, after them, byte by byte, at the same time. The lock is free afterwards, and the reason is published."""
    faults = ("hang", "hang-body", "drip")
    worlds = {fault: World(tmp_path / fault) for fault in faults}
    apis = {fault: Api() for fault in faults}
    for fault, world in worlds.items():
        world.env["USAGELINE_API_URL"] = apis[fault].url
        assert world.run(*built_release.refresh_command).returncode == 0
    good = {fault: world.snapshot() for fault, world in worlds.items()}
    wait_for(
        lambda: time.time() - good["drip"]["observed_at"] > 2
    )  # two requests to this machine lie a second apart

    started = time.monotonic()
    for fault, api in apis.items():
        api.fault = fault
    running = {fault: start(world, built_release, "--force") for fault, world in worlds.items()}
    ended = {
        fault: (process.communicate(timeout=20), process.returncode)
        for fault, process in running.items()
    }
    assert time.monotonic() - started < 10
    assert set(map(str, ended.values())) == {str(((b"", b""), 0))}
    for fault, world in worlds.items():
        snapshot = world.snapshot()
        assert (snapshot["status"], snapshot["detail"]) == ("offline", "no answer in time")
        assert (snapshot["limits"], snapshot["observed_at"]) == (
            good[fault]["limits"],
            good[fault]["observed_at"],
        )
        assert len(apis[fault].usage_requests) == 2
        assert lock_is_free(world)
        assert_no_trace_of_the_token(world)
        apis[fault].close()


def test_a_stopped_refresh_holds_nobody_up(world: World, api: Api, built_release: Release) -> None:
    """While it is stopped it has the lock, and others leave at once; when it goes on it comes to its end."""
    api.fault = "hang"
    process = start(world, built_release)
    wait_for(lambda: bool(api.usage_requests))
    process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    assert world.run(*built_release.refresh_command).returncode == 0
    assert time.monotonic() - started < 5
    api.stopping.set()
    process.send_signal(signal.SIGCONT)
    assert process.wait(15) == 0
    process.communicate()
    assert lock_is_free(world)
    assert len(api.usage_requests) == 1


def test_killed_in_the_middle_it_leaves_nothing_that_is_not_swept(
    world: World, api: Api, built_release: Release
) -> None:
    """At some twenty moments from its start to its end: the lock is free at once, the snapshot whole, and the next one works and sweeps."""
    api.fault = "slow:0.1"
    for number in range(20):
        process = start(world, built_release, "--force")
        time.sleep(0.018 * number)
        process.kill()
        process.communicate(timeout=10)
        wait_for(lambda: lock_is_free(world))
        if Path(paths.snapshot(world.env)).exists():
            assert world.snapshot()["version"] == 1
    world.run(
        *built_release.refresh_command, "--force"
    )  # on a busy machine each may have been killed before it had made a store
    Path(temporary_name(paths.snapshot(world.env))).write_text("torn")
    (world.cache / "store" / "cache.db-journal").write_bytes(b"\0" * 600)
    api.fault = ""
    wait_for(
        lambda: (
            world.run(*built_release.refresh_command, "--force").returncode == 0
            and world.cache.joinpath("snapshot.json").exists()
            and world.snapshot()["status"] == "ok"
        )
    )
    left = {path.name for path in world.cache.iterdir()} - {"refresh.stamp"}
    assert left == {"snapshot.json", "refresh.lock", "store"}
    assert {path.name for path in (world.cache / "store").iterdir()} == {"cache.db"}
    assert_no_trace_of_the_token(world)


def test_runs_that_are_killed_while_they_ask_do_not_each_ask(
    world: World, api: Api, built_release: Release
) -> None:
    """The request was noted before it was made."""
    api.fault = "hang"
    process = start(world, built_release)
    wait_for(lambda: bool(api.usage_requests))
    process.kill()
    process.communicate(timeout=10)
    for _ in range(3):
        world.run(*built_release.refresh_command)
        os.unlink(paths.snapshot(world.env))
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_files_are_0600_and_directories_0700_under_any_umask(
    world: World, api: Api, built_release: Release, umask: int
) -> None:
    """The snapshot, the lock, the store and what holds them."""
    before = os.umask(umask)
    try:
        world.run(*built_release.refresh_command)
    finally:
        os.umask(before)
    found = [world.cache.parent, *world.cache.parent.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()} == {0o600}
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        "",
        "401",
        "403-scope",
        "429:5",
        "500",
        "html",
        "reset",
        "truncate",
        "redirect:http://localhost:1/",
        "bomb",
    ],
)
def test_the_token_is_found_nowhere_afterwards(
    world: World, api: Api, built_release: Release, fault: str
) -> None:
    """Not in the cache, not in what the process wrote, whatever the server answered."""
    api.fault = fault
    done = world.run(*built_release.refresh_command)
    assert_no_trace_of_the_token(world, done.stdout.encode(), done.stderr.encode())
    assert "CANARY" in api.requests[0].headers["authorization"]


def test_a_project_cannot_have_the_token_sent_elsewhere(
    world: World, other_api: Api, built_release: Release
) -> None:
    """By the variables that it can set: the address is ignored, and a proxy sees only the name of the API's host."""
    world.env["USAGELINE_API_URL"] = f"http://localhost.example.com:{other_api.port}"
    world.env["HTTPS_PROXY"] = world.env["HTTP_PROXY"] = other_api.url
    other_api.fault = "403-html"
    world.run(*built_release.refresh_command)
    assert [(request.method, request.path) for request in other_api.requests] == [
        ("CONNECT", "api.anthropic.com:443")
    ]
    assert "CANARY" not in str(other_api.requests)
    assert world.snapshot()["status"] == "offline"
