"""Test the refresh as a process: silent, single, bounded, and it leaves nothing behind."""

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

from usageline.refresh.__main__ import HARD_TIMEOUT_S
from usageline.refresh.log_entry import RunLog
from usageline.refresh.run import TIMEOUT_S, refresh
from usageline.system import lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.refresh.conftest import Later
    from tests.server import Api
    from tests.world import Release, World

MAX_CPU_S = 0.5


def start(world: World, release: Release, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a refresh as the hot side does, with its output captured."""
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
    """Return whether the refresh lock is free."""
    with lock.hold(world.paths.lock) as is_owner:
        return is_owner


def assert_no_trace_of_the_token(world: World, *texts: bytes) -> None:
    """Neither in what a process wrote to its pipes nor in any file but the client's own."""
    for path in world.files():
        if path.name != ".credentials.json":
            assert b"CANARY" not in path.read_bytes(), path
    for text in texts:
        assert b"CANARY" not in text


def test_it_prints_nothing_and_exits_with_0(world: World, api: Api, built_release: Release) -> None:
    """Neither when all goes well nor when nothing does."""
    for fault in ("", "deep"):
        api.fault = fault
        done = world.run(*built_release.refresh_command, "--force")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert_no_trace_of_the_token(world)
    world.env["HOME"] = "/dev/null"  # in which not even root can make a directory
    done = world.run(*built_release.refresh_command, env=world.env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.serial
def test_it_costs_less_than_half_a_second_of_cpu(
    world: World, api: Api, built_release: Release
) -> None:
    """With a request; a refresh that is not due costs far less."""
    costs = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        world.run(*built_release.refresh_command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert max(costs) < MAX_CPU_S
    assert len(api.usage_requests) == 1


def test_refreshes_at_once_ask_once(world: World, api: Api, built_release: Release) -> None:
    """On an empty cache; all of them end well, and one published."""
    api.fault = "slow:1"
    running = [start(world, built_release) for _ in range(8)]
    for process in running:
        stdout, stderr = process.communicate(timeout=40)
        assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert len(api.usage_requests) == 1
    assert world.snapshot()["status"] == "ok"


@pytest.mark.parametrize("fault", ["hang", "hang-body", "drip"])
def test_a_slow_server_times_out_and_the_last_numbers_stay(
    world: World, api: Api, later: Later, fault: str
) -> None:
    """Before the headers, after them, byte by byte; the lock is free afterwards."""
    assert refresh(world.env).state == "refreshed"
    good = world.snapshot()
    api.fault = fault
    log = RunLog(began=time.monotonic() - TIMEOUT_S + 1)
    assert later.refresh(log=log).state == "failed"
    assert time.monotonic() - log.began < HARD_TIMEOUT_S
    snapshot = world.snapshot()
    assert (snapshot["status"], snapshot["detail"]) == ("offline", "no answer in time")
    assert (snapshot["limits"], snapshot["observed_at"]) == (good["limits"], good["observed_at"])
    assert len(api.usage_requests) == 2
    assert lock_is_free(world)


def test_a_slow_server_ends_the_process_within_ten_seconds(
    world: World, api: Api, built_release: Release
) -> None:
    api.fault = "drip"
    started = time.monotonic()
    assert start(world, built_release).communicate(timeout=20) == (b"", b"")
    assert time.monotonic() - started < 10
    assert world.snapshot()["status"] == "offline"


def test_a_stopped_refresh_does_not_delay_others(
    world: World, api: Api, built_release: Release
) -> None:
    """While it is stopped it has the lock, and others exit at once; continued, it finishes."""
    api.fault = "hang"
    process = start(world, built_release)
    wait_for(lambda: bool(api.usage_requests))
    process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    assert world.run(*built_release.refresh_command).returncode == 0
    assert time.monotonic() - started < 10
    api.stopping.set()
    process.send_signal(signal.SIGCONT)
    assert process.wait(15) == 0
    process.communicate()
    assert lock_is_free(world)
    assert len(api.usage_requests) == 1


def test_killed_in_the_middle_it_leaves_nothing_that_is_not_swept(
    world: World, api: Api, built_release: Release
) -> None:
    """At moments from its start to its end, the lock is free at once and the snapshot is whole.

    The next refresh works and removes what was left.
    """
    api.fault = "slow:0.1"
    for number in range(8):
        process = start(world, built_release, "--force")
        time.sleep(0.045 * number)
        process.kill()
        process.communicate(timeout=10)
        wait_for(lambda: lock_is_free(world))
        if Path(world.paths.snapshot).exists():
            assert world.snapshot()["version"] == 1
    world.run(
        *built_release.refresh_command, "--force"
    )  # on a busy machine each may have been killed before it had made a store
    (world.cache / ".snapshot.json.usageline-new").write_text("torn")
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
        os.unlink(world.paths.snapshot)
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
    written = [world.cache.parent, *world.cache.parent.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written if path.is_file()} == {0o600}
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
    world: World, api: Api, capfd: pytest.CaptureFixture[str], fault: str
) -> None:
    """Not in the cache or the log, and not in the output, whatever the server answers."""
    api.fault = fault
    refresh(world.env)
    assert "CANARY" in api.requests[0].headers["authorization"]
    assert_no_trace_of_the_token(world, *(text.encode() for text in capfd.readouterr()))


def test_a_project_cannot_have_the_token_sent_elsewhere(
    world: World, other_api: Api, built_release: Release
) -> None:
    """A project sets variables: the address is ignored.

    A proxy learns only the name of the API's host.
    """
    world.env["USAGELINE_API_URL"] = f"http://localhost.example.com:{other_api.port}"
    world.env["HTTPS_PROXY"] = world.env["HTTP_PROXY"] = other_api.url
    other_api.fault = "403-html"
    world.run(*built_release.refresh_command)
    assert [(request.method, request.path) for request in other_api.requests] == [
        ("CONNECT", "api.anthropic.com:443")
    ]
    assert "CANARY" not in str(other_api.requests)
    assert world.snapshot()["status"] == "offline"


def test_refresh_of_a_program_that_was_uninstalled_meanwhile_leaves_no_file(
    world: World, built_release: Release
) -> None:
    """The line or the hook may start it just before an uninstall."""
    code = (
        "import os, sys; sys.argv[1:] = ['--by', 'line']\n"
        "from usageline.refresh import __main__ as main\n"
        "main.__file__ = '/gone/__main__.py'\n"
        "if sys.stdin.read(): sys.modules['usageline.refresh.run'] = None\n"
        "main.main()\n"
    )
    before = set(world.root.rglob("*"))
    for broken in ("", "x"):
        world.run(built_release.python, "-I", "-B", "-c", code, stdin=None, input=broken)
    assert set(world.root.rglob("*")) == before
