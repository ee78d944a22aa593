"""Machines that share a reading: who asks the service, and what each of them shows."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fleet.machines import ACCOUNT_KEY, TTL_AND_JITTER_S
from tests.hot import Hot
from tests.server import usage_body
from tests.world import ACCOUNT, CANARY, ORGANIZATION, REPOSITORY
from usageline.refresh.rate_limit import MIN_FORCED_INTERVAL_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fleet.machines import Fleet
    from tests.fleet.relay import Relay
    from tests.fleet.servers import Server
    from tests.server import Api
    from tests.world import Release

CROWD = 60
IN_TIME = "no answer in time"
OTHER_ACCOUNT = "33333333-3333-4333-8333-333333333333"

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def crowded(fleet: Fleet) -> Iterator[Fleet]:
    """Yield the fleet with the homes of its machines in memory: one disk is not sixty."""
    memory = Path("/dev/shm")
    fleet.root = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    yield fleet
    shutil.rmtree(fleet.root)


def told(limit: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the service says of a limit. Each machine has a forecast of its own."""
    return tuple(limit[name] for name in ("kind", "label", "percent", "resets_at", "severity"))


def sources(fleet: Fleet) -> list[str]:
    return [machine.world.snapshot()["source"] for machine in fleet.machines]


def test_second_machine_shows_the_reading_of_the_first(fleet: Fleet, api: Api) -> None:
    for _ in range(3):
        assert fleet.machine().refresh().state == "refreshed"
    assert sources(fleet) == ["oauth", "shared", "shared"]
    assert len(api.usage_requests) == 1
    first, *others = [machine.world.snapshot() for machine in fleet.machines]
    for other in others:
        for part in ("credits", "plan", "account", "status"):
            assert other[part] == first[part]
        assert list(map(told, other["limits"])) == list(map(told, first["limits"]))
        assert abs(other["observed_at"] - first["observed_at"]) <= 1


def test_of_many_machines_at_one_moment_one_asks(
    crowded: Fleet, api: Api, figure: Callable[[str], None]
) -> None:
    """Each is a process of its own. The slow service keeps the others waiting.

    All processes share the cores of this machine, so some of them may be too late for the server's
    answer. They try again, and send no request of their own.
    """
    api.fault = "slow:0.3"
    machines = [crowded.machine() for _ in range(CROWD)]
    refresh_at_once(crowded)
    late = sum(IN_TIME in machine.last_notes for machine in machines)
    at_once = sum(machine.percent == 37 for machine in machines)
    refresh_until(crowded, 37)
    assert 1 <= len(api.usage_requests) <= 1 + crowded.untold
    figure(
        f"{CROWD} new machines at once: {len(api.usage_requests)} request(s), {at_once} had the "
        f"numbers after their first refresh, {late} were too late for the server and tried again"
    )
    crowded.later(TTL_AND_JITTER_S)
    for machine in machines:  # by now each of them has met the server
        machine.refresh()

    untold_before = crowded.untold
    before, api.body = len(api.usage_requests), usage_body(session=52)
    crowded.later(TTL_AND_JITTER_S)
    refresh_at_once(crowded)
    refresh_until(crowded, 52)
    requests = len(api.usage_requests) - before
    assert 1 <= requests <= 1 + crowded.untold - untold_before
    figure(f"{CROWD} machines with old numbers at once: {requests} request(s), all show the new")


def refresh_until(fleet: Fleet, percent: float) -> None:
    """Refresh the machines that do not show that number yet, a minute later each time."""
    for _ in range(3):
        others = [machine for machine in fleet.machines if machine.percent != percent]
        if not others:
            return
        fleet.later(65)
        for machine in others:
            machine.refresh()
    assert {machine.percent for machine in fleet.machines} == {percent}


def refresh_at_once(fleet: Fleet) -> None:
    """Start a process for each machine. All begin at one moment."""
    homes = [str(machine.world.home) for machine in fleet.machines]
    crowd = subprocess.run(
        [sys.executable, "-m", "tests.fleet.crowd", fleet.api.url, str(fleet.ahead_s), *homes],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "plugin:."},
        timeout=200,
        check=False,
    )
    assert crowd.returncode == 0, crowd.stderr


def test_refusal_of_one_is_kept_by_all_and_outlives_the_server(
    fleet: Fleet, api: Api, server: Server
) -> None:
    first, second, third = (fleet.machine() for _ in range(3))
    first.refresh()
    second.refresh()
    fleet.later(TTL_AND_JITTER_S)
    api.fault = "429:900"
    first.refresh()
    assert len(api.usage_requests) == 2
    for machine in (second, third):
        machine.refresh()
        machine.refresh(force=True)
    server.stop()
    for machine in (second, third):
        machine.ahead_s += 400
        machine.refresh()
    assert len(api.usage_requests) == 2
    snapshot = second.world.snapshot()
    assert (snapshot["status"], second.percent) == ("rate-limited", 37)
    assert 300 < snapshot["until"] - time.time() - second.ahead_s < 700
    api.fault = ""
    second.ahead_s += 1000
    second.refresh()
    assert len(api.usage_requests) == 3, "the wait is over"


def test_forced_refreshes_of_all_machines_keep_the_interval(fleet: Fleet, api: Api) -> None:
    machines = [fleet.machine() for _ in range(3)]
    began = time.monotonic()
    for machine in machines * 2:
        machine.refresh(force=True)
    assert len(api.usage_requests) <= 1 + (time.monotonic() - began) / MIN_FORCED_INTERVAL_S
    assert {machine.percent for machine in machines} == {37}


def test_free_reading_is_shared_without_a_request(fleet: Fleet, api: Api) -> None:
    first, second = fleet.machine(), fleet.machine()
    first.world.client_saw(usage_body(session=61))
    first.refresh()
    second.refresh()
    assert sources(fleet) == ["claude-cache", "shared"]
    assert (second.percent, api.usage_requests) == (61, [])


def test_machine_without_a_sign_in_shows_the_numbers(fleet: Fleet, api: Api) -> None:
    guest = fleet.machine(is_signed_in=False)
    guest.refresh()
    assert (guest.world.snapshot()["status"], guest.percent) == ("offline", None)
    fleet.machine().refresh()
    fleet.later(130)
    assert guest.refresh().state == "refreshed"
    snapshot = guest.world.snapshot()
    assert (snapshot["source"], snapshot["account"]) == ("shared", ACCOUNT_KEY)
    assert (snapshot["plan"], guest.percent, len(api.usage_requests)) == ("Max 5x", 37, 1)


def test_token_without_the_right_shows_the_numbers(
    fleet: Fleet, api: Api, built_release: Release
) -> None:
    """A token of `claude setup-token` may not read usage. Its session's line has the numbers."""
    container, laptop = fleet.machine(), fleet.machine()
    container.world.sign_in(scopes=("user:inference",))
    laptop.refresh()
    hot = Hot(container.world, built_release)
    assert container.run_until_numbers(*built_release.refresh_command) == "shared"
    line = hot.run(b"{}").stdout.decode()
    assert "37%" in line
    assert "26%" in line
    assert len(api.usage_requests) == 1


def test_machine_with_an_expired_token_shows_the_numbers(fleet: Fleet, api: Api) -> None:
    fleet.machine().refresh()
    other = fleet.machine()
    other.world.sign_in(expires_at=time.time() - 60)
    other.refresh()
    assert (other.percent, other.world.snapshot()["status"]) == (37, "ok")
    assert len(api.usage_requests) == 1


def test_numbers_of_an_account_go_only_to_that_account(fleet: Fleet, api: Api) -> None:
    fleet.machine().refresh()
    api.body = usage_body(session=88)
    for configured in ("", ACCOUNT_KEY):
        other = fleet.machine()
        if configured:
            other.share(fleet.server.url, account=configured)
        other.world.sign_in(account=OTHER_ACCOUNT)
        other.refresh()
        assert other.percent == 88
    assert len(api.usage_requests) == 2


def test_sign_in_that_has_just_changed_neither_takes_nor_gives_a_reading(
    fleet: Fleet, api: Api
) -> None:
    """Claude Code writes two files: for a moment the account may be that of another token."""
    fleet.machine().refresh()
    other = fleet.machine()
    other.refresh()
    other.world.sign_in(token=CANARY + "-of-another")
    api.body = usage_body(session=88)
    fleet.later(20)
    other.refresh()
    assert len(api.usage_requests) == 2, "its own request, in its turn"
    third = fleet.machine()
    third.refresh()
    assert third.percent == 37, "the reading under the doubtful name was not given"


def test_alert_is_sent_by_the_machine_that_asked_and_drawn_by_all(fleet: Fleet, api: Api) -> None:
    api.body = usage_body(session=80)
    machines = [fleet.machine() for _ in range(3)]
    for machine in machines:
        sent = machine.world.home / "sent"
        path = Path(machine.world.paths.config_file)
        path.write_text(f"{path.read_text()}\n[alerts]\ncommand = 'echo x >>{sent}'\n")
        machine.refresh()
    alerts = [machine.world.snapshot()["alerts"] for machine in machines]
    assert [len(one) for one in alerts] == [1, 1, 1]
    assert [(machine.world.home / "sent").exists() for machine in machines] == [True, False, False]


def test_lease_is_returned_if_no_request_was_sent(fleet: Fleet, api: Api) -> None:
    """The lease must not keep the others waiting for nothing."""
    first, second = fleet.machine(), fleet.machine()
    api.fault = "401"
    first.refresh()
    api.fault = ""
    second.refresh()
    assert (second.percent, len(api.usage_requests)) == (37, 2)


def test_nothing_personal_is_on_the_wire_or_on_the_server(
    fleet: Fleet, relay: Relay, server: Server
) -> None:
    fleet.url = relay.url
    for _ in range(2):
        fleet.machine().refresh()
    fleet.machine(is_signed_in=False).refresh()
    admin = server.admin()
    on_server = b""
    reads: dict[object, tuple[str, ...]] = {
        b"string": ("GET",),
        b"hash": ("HGETALL",),
        b"zset": ("ZRANGE", "0", "-1"),
    }
    for name in admin.keys("*"):
        verb, *rest = reads[admin.type(name)]
        values = (server.command("DUMP", name), server.command(verb, name, *rest))
        on_server += repr((name, *values)).encode()
    assert b'"percent":37' in relay.recorded
    assert b'"percent":37' in on_server
    home = str(fleet.machines[0].world.home)
    private = [CANARY, ACCOUNT, ORGANIZATION, ACCOUNT_KEY, "t@example.com", "tester", home]
    private += [fleet.key, socket.gethostname(), *(CANARY[at : at + 16] for at in range(20))]
    for text in private:
        assert text.encode() not in relay.recorded, text
        assert text.encode() not in on_server, text
