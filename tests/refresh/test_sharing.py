"""Refreshes of machines that share a reading, by a server in this process: who asks, what shows.

tests/fleet tries the same client with real servers, networks and crowds.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.fleet.machines import ACCOUNT_KEY, TTL_AND_JITTER_S, Fleet
from tests.server import iso, usage_body
from tests.shared_server import Redis
from tests.world import CANARY
from usageline.refresh import run, shared_rules
from usageline.refresh.run import refresh
from usageline.sources import oauth
from usageline.sources.shared import connection
from usageline.storage import shared_record
from usageline.system import origin, origin_record
from usageline.system.this_process import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fleet.machines import Machine
    from tests.server import Api


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give server and service more time: a machine that runs other tests, too, may be late."""
    for module, name in ((connection, "BUDGET_S"), (run, "TIMEOUT_S"), (oauth, "TIMEOUT_S")):
        monkeypatch.setattr(module, name, 60.0)


@pytest.fixture
def redis() -> Iterator[Redis]:
    """Yield a running server."""
    running = Redis()
    yield running
    running.close()


@pytest.fixture
def fleet(tmp_path: Path, api: Api, redis: Redis) -> Fleet:
    """Return a fleet without machines yet, with one service and one server."""
    server: Any = redis
    return Fleet(tmp_path, api, server)


def source(machine: Machine) -> str | None:
    """Return the source of what a machine shows."""
    shown: str | None = machine.world.snapshot()["source"]
    return shown


def status(machine: Machine) -> tuple[str, str | None]:
    """Return the status that a machine shows, with its detail."""
    snapshot = machine.world.snapshot()
    return snapshot["status"], snapshot["detail"]


def next_in_s(machine: Machine) -> float:
    """Return how long after now the machine's next refresh is due."""
    due_at: float = machine.world.snapshot()["next_refresh_at"]
    return due_at - time.time() - machine.ahead_s


def test_second_machine_shows_the_reading_of_the_first(fleet: Fleet, api: Api) -> None:
    machines = [fleet.machine() for _ in range(3)]
    for machine in machines:
        assert machine.refresh().state == "refreshed"
    assert [source(machine) for machine in machines] == ["oauth", "shared", "shared"]
    assert [machine.percent for machine in machines] == [37, 37, 37]
    fleet.later(TTL_AND_JITTER_S)
    api.body = usage_body(session=52)
    for machine in reversed(machines):
        machine.refresh()
    assert [source(machine) for machine in machines] == ["shared", "shared", "oauth"]
    assert [machine.percent for machine in machines] == [52, 52, 52]
    assert len(api.usage_requests) == 2


def test_forced_refresh_takes_a_shared_reading_only_for_seconds(fleet: Fleet, api: Api) -> None:
    first, second = fleet.machine(), fleet.machine()
    first.refresh()
    second.refresh(force=True)
    assert (source(second), len(api.usage_requests)) == ("shared", 1)
    fleet.later(20)
    second.refresh(force=True)
    assert (source(second), len(api.usage_requests)) == ("oauth", 2)


def test_free_reading_is_shared_without_a_request(fleet: Fleet, api: Api, redis: Redis) -> None:
    first, second = fleet.machine(), fleet.machine()
    first.world.client_saw(usage_body(session=61), age_s=3)
    first.refresh()
    second.refresh()
    assert (second.percent, source(second), api.usage_requests) == (61, "shared", [])
    assert redis.calls == ["look", "post", "look"]


def test_free_reading_that_is_older_than_the_shared_one_is_not_given(
    fleet: Fleet, redis: Redis
) -> None:
    first, second, third = (fleet.machine() for _ in range(3))
    first.refresh()
    second.refresh()
    second.world.client_saw(usage_body(session=12), age_s=10)
    calls = len(redis.calls)
    second.refresh(force=True)
    assert (source(second), redis.calls[calls:]) == ("claude-cache", ["look"])
    third.refresh()
    assert third.percent == 37


def test_new_machine_waits_for_the_reading_of_the_one_that_asks(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    """The first one's request returns only after the second has looked twice."""
    first, second = fleet.machine(), fleet.machine()
    looks, has_waited = [], threading.Event()

    def count(operation: str) -> None:
        looks.append(operation)
        if looks.count("look") == 3:
            has_waited.set()

    redis.on_call = count
    # Its monotonic clock stands still, so that a loaded machine does not end the wait.
    standing = Clock(time.time, lambda: 0.0, lambda _: time.sleep(0.01))
    other = threading.Thread(
        target=partial(refresh, second.world.env, clock=standing, jitter=lambda: 0.5)
    )

    def ask(_request: object) -> None:
        other.start()
        assert has_waited.wait(60)

    api.on_request = ask
    first.refresh()
    other.join(60)
    assert (source(first), source(second)) == ("oauth", "shared")
    assert len(api.usage_requests) == 1


def test_new_machine_does_not_wait_for_ever_for_the_one_that_asks(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    first, second = fleet.machine(), fleet.machine()
    waits: list[float] = []

    def passed_s() -> float:
        return sum(waits)

    clock = Clock(time.time, passed_s, waits.append)

    def ask(_request: object) -> None:
        refresh(second.world.env, clock=clock, jitter=lambda: 0.5)

    api.on_request = ask
    first.refresh()
    assert 2 <= passed_s() <= 3, "seconds by its own clock"
    assert status(second) == ("offline", "another machine is asking")
    assert next_in_s(second) <= shared_rules.LOOK_AGAIN_S + 2
    assert redis.account.requests, "the first one has asked"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda sealed: sealed.replace(b'"percent":37', b'"percent":99'), "signature"),
        (lambda _: b"x" * 40_000, "too long"),
        (lambda _: b"\xff\x00\r\n", "signature"),
    ],
    ids=["altered", "too long", "bytes"],
)
def test_poisoned_reading_is_noted_and_replaced(
    fleet: Fleet, api: Api, redis: Redis, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    first, second = fleet.machine(), fleet.machine()
    first.refresh()
    redis.account.reading = spoil(redis.account.reading)
    redis.account.until = 0
    api.body = usage_body(session=52)
    second.refresh()
    assert (second.percent, source(second)) == (52, "oauth")
    assert "the shared reading was ignored" in second.last_notes
    assert reason in second.record.refused
    third = fleet.machine()
    third.refresh()
    assert (third.percent, source(third)) == (52, "shared")


def test_replayed_reading_is_not_shown(fleet: Fleet, api: Api, redis: Redis) -> None:
    machine = fleet.machine()
    machine.refresh()
    older = redis.account.reading
    fleet.later(TTL_AND_JITTER_S)
    api.body = usage_body(session=52)
    machine.refresh()
    fleet.later(TTL_AND_JITTER_S)
    redis.account.reading, redis.account.at = older, redis.now_ms
    api.body = usage_body(session=70)
    machine.refresh()
    assert (machine.percent, source(machine)) == (70, "oauth")
    assert "older" in machine.record.refused


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("close", "closed the connection"),
        ("odd", "makes no sense"),
        ("error:OOM command not allowed", "memory is full"),
        ("error:ERR \x1b[31mred", "it answered: [31mred"),
    ],
)
def test_machine_goes_on_alone_without_an_answer(
    fleet: Fleet, api: Api, redis: Redis, fault: str, reason: str
) -> None:
    machine = fleet.machine()
    machine.refresh()
    redis.fault = fault
    fleet.later(TTL_AND_JITTER_S)
    api.body = usage_body(session=52)
    machine.refresh()
    assert (machine.percent, source(machine)) == (52, "oauth")
    assert reason in machine.last_notes
    assert reason in machine.record.problem
    redis.fault = ""
    fleet.later(TTL_AND_JITTER_S)
    machine.refresh()
    assert (machine.record.problem, redis.calls[-1]) == ("", "post")


def test_server_that_is_away_is_not_called_before_its_retry(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    """Of several machines none asks at once: all may be without the server."""
    first, second = fleet.machine(), fleet.machine()
    first.refresh()
    second.refresh()
    # Its name decides when it asks alone: with this one after two TTLs.
    shared_record.save(second.world.paths, replace(second.record, machine="80000000"))
    redis.fault = "close"
    fleet.later(TTL_AND_JITTER_S)
    second.refresh()
    assert second.record.failures == 1
    calls = len(redis.calls)
    fleet.later(20)
    second.refresh()
    assert next_in_s(second) > 0, "not due yet"
    second.world.make_due()
    second.refresh()
    assert len(redis.calls) == calls
    assert (second.percent, len(api.usage_requests)) == (37, 1)
    redis.fault = ""
    second.refresh(force=True)
    assert (redis.calls[calls:], source(second)) == (["look", "post"], "oauth")


def test_machine_that_asks_alone_does_not_call_a_server_that_is_away(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    """It has a reading to give, but the server did not answer a moment ago."""
    machine = fleet.machine()
    redis.fault = "close"
    machine.refresh()
    assert api.usage_requests == [], "a new machine tries the server twice before it asks"
    machine.ahead_s += 40
    machine.refresh()
    assert (machine.percent, len(api.usage_requests)) == (37, 1)
    calls = len(redis.calls)
    machine.world.client_saw(usage_body(session=52), age_s=-machine.ahead_s)
    machine.world.make_due()
    machine.ahead_s += 10
    machine.refresh(force=True)
    assert (machine.percent, source(machine), len(redis.calls)) == (52, "claude-cache", calls)


def test_answer_that_cannot_be_reported_is_shown_all_the_same(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    machine = fleet.machine()

    def fail(_request: object) -> None:
        redis.fault = "close"

    api.on_request = fail
    machine.refresh()
    assert (machine.percent, source(machine)) == (37, "oauth")
    assert "shared server: it closed the connection" in machine.last_notes
    assert machine.record.failures == 1


def test_wait_of_the_service_holds_for_every_machine(fleet: Fleet, api: Api) -> None:
    first, second, third = (fleet.machine() for _ in range(3))
    api.fault = "429:900"
    first.refresh()
    for machine in (second, third):
        machine.refresh()
        machine.refresh(force=True)
        assert status(machine) == ("rate-limited", "another machine was refused")
        assert 800 < next_in_s(machine) < 1000
    assert len(api.usage_requests) == 1


def test_new_machine_that_must_wait_shows_the_last_reading(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    first, second = fleet.machine(), fleet.machine()
    first.refresh()
    fleet.later(1000)
    redis.account.why, redis.account.until = "rate-limited", redis.now_ms + 900_000
    second.refresh()
    assert (second.percent, status(second)[0]) == (37, "rate-limited")
    assert len(api.usage_requests) == 1


def test_trouble_of_one_machine_lets_the_others_ask(fleet: Fleet, api: Api) -> None:
    first, second = fleet.machine(), fleet.machine()
    api.fault = "401"
    first.refresh()
    api.fault = ""
    second.refresh()
    assert (second.percent, len(api.usage_requests)) == (37, 2)


def test_lease_without_a_request_is_returned(
    fleet: Fleet, api: Api, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second cache on one computer gets the lease, but the computer asked a moment ago."""
    root = tmp_path / "data" / "releases" / "1"
    root.mkdir(parents=True)
    origin_record.disable(str(root))
    monkeypatch.setattr(origin, "ROOT", str(root))
    first, second = fleet.machine(), fleet.machine()
    first.refresh()
    redis.account.reading, redis.account.until = b"", 0
    second.refresh()
    assert len(api.usage_requests) == 1
    assert (redis.account.why, redis.account.until <= redis.now_ms) == ("unused", True)
    assert len(redis.account.requests) == 1


def test_failure_that_is_shown_stays_while_another_machine_asks(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    machine = fleet.machine()
    api.fault = "500"
    machine.refresh()
    shown = machine.world.snapshot()
    fleet.later(TTL_AND_JITTER_S)
    redis.account.why, redis.account.until = "asking", redis.now_ms + 14_000
    assert machine.refresh().state == "not-due"
    assert machine.world.snapshot() == shown
    assert (shown["status"], len(api.usage_requests)) == ("offline", 1)


def test_server_that_refuses_for_hours_is_ignored_at_last(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    machine = fleet.machine()
    machine.refresh()
    api.body = usage_body(session=52)
    for _ in range(5):
        fleet.later(1100)
        redis.account.why, redis.account.until = "rate-limited", redis.now_ms + 4_900_000
        machine.refresh()
    assert machine.percent == 37
    fleet.later(1100)
    redis.account.until = redis.now_ms + 4_900_000
    machine.refresh()
    assert (machine.percent, len(api.usage_requests)) == (52, 2)
    assert "refuses for too long" in machine.last_notes


def test_hourly_budget_of_all_machines_is_kept(fleet: Fleet, api: Api, redis: Redis) -> None:
    machine = fleet.machine()
    machine.refresh()
    redis.account.requests = dict.fromkeys(range(20), redis.now_ms)
    fleet.later(TTL_AND_JITTER_S)
    machine.refresh()
    assert (machine.percent, len(api.usage_requests)) == (37, 1)
    assert "all machines together asked too often" in str(machine.log[-1])


def guest(fleet: Fleet) -> Machine:
    return fleet.machine(is_signed_in=False)


def expired(fleet: Fleet) -> Machine:
    machine = fleet.machine()
    machine.world.sign_in(expires_at=time.time() - 60)
    return machine


def without_the_right(fleet: Fleet) -> Machine:
    machine = fleet.machine()
    machine.world.sign_in(scopes=("user:inference",))
    return machine


VIEWERS = {
    "guest": (guest, "offline"),
    "expired": (expired, "expired"),
    "no-scope": (without_the_right, "no-scope"),
}


@pytest.mark.parametrize("kind", VIEWERS)
def test_machine_that_cannot_ask_shows_the_numbers_of_another(
    fleet: Fleet, api: Api, kind: str
) -> None:
    make, alone = VIEWERS[kind]
    viewer = make(fleet)
    viewer.refresh()
    assert (viewer.percent, status(viewer)[0], api.usage_requests) == (None, alone, [])
    asker = fleet.machine()
    asker.refresh()
    fleet.later(130)
    viewer.world.make_due()
    viewer.refresh()
    assert (viewer.percent, source(viewer), status(viewer)) == (37, "shared", ("ok", None))
    assert viewer.world.snapshot()["account"] == ACCOUNT_KEY
    assert len(api.usage_requests) == 1


def test_machine_without_a_sign_in_takes_no_numbers_that_an_earlier_one_left(
    fleet: Fleet,
) -> None:
    """Claude Code's cache may have those of any account."""
    viewer = guest(fleet)
    viewer.world.client_saw(usage_body(session=99))
    fleet.machine().refresh()
    viewer.refresh()
    assert (viewer.percent, source(viewer)) == (37, "shared")
    assert viewer.log[-1]["tried"] == ["shared: ok"]


@pytest.mark.parametrize("kind", VIEWERS)
def test_machine_that_cannot_ask_looks_again_soon_while_a_reading_is_due(
    fleet: Fleet, redis: Redis, kind: str
) -> None:
    asker = fleet.machine()
    viewer = VIEWERS[kind][0](fleet)
    asker.refresh()
    viewer.refresh()
    fleet.later(TTL_AND_JITTER_S)
    viewer.refresh()
    assert (viewer.percent, status(viewer)[0]) == (37, "ok")
    assert next_in_s(viewer) <= 32
    redis.fault = "close"
    fleet.later(32)
    viewer.refresh()
    assert (viewer.percent, status(viewer)[0]) == (37, "ok")
    fleet.later(700)
    viewer.refresh()
    assert (viewer.percent, status(viewer)[0]) == (37, VIEWERS[kind][1]), "it is overdue"


def test_stale_reading_is_shown_as_such_to_a_new_machine(fleet: Fleet) -> None:
    """Nothing else would be there: the only machine that can ask has gone to sleep."""
    fleet.machine().refresh()
    fleet.later(1000)
    viewer = guest(fleet)
    viewer.refresh()
    assert (viewer.percent, status(viewer)[0]) == (37, "offline")
    assert time.time() + fleet.ahead_s - viewer.world.snapshot()["observed_at"] > 900


def test_reading_of_a_window_that_has_ended_is_replaced(fleet: Fleet, api: Api) -> None:
    body = usage_body()
    body["five_hour"]["resets_at"] = iso(time.time() + 100)
    body["limits"][0]["resets_at"] = iso(time.time() + 100)
    api.body = body
    fleet.machine().refresh()
    fleet.later(110)
    api.body = usage_body(session=1)
    other = fleet.machine()
    other.refresh()
    assert (other.percent, source(other), len(api.usage_requests)) == (1, "oauth", 2)


def test_sign_in_that_has_just_changed_neither_takes_nor_gives_a_reading(
    fleet: Fleet, api: Api, redis: Redis
) -> None:
    """Claude Code writes two files: for a moment the account may be that of another token."""
    fleet.machine().refresh()
    other = fleet.machine()
    other.refresh()
    other.world.sign_in(token=CANARY + "-of-another")
    api.body = usage_body(session=88)
    fleet.later(20)
    before = redis.account.reading
    other.refresh()
    assert (other.percent, len(api.usage_requests)) == (88, 2), "its own request, in its turn"
    assert redis.account.reading == before


def test_clock_of_the_server_that_is_set_back_gives_no_older_reading(
    fleet: Fleet, redis: Redis
) -> None:
    machine = fleet.machine()
    machine.refresh()
    fleet.later(60)
    redis.ahead_s -= 86_400
    machine.world.client_saw(usage_body(session=61), age_s=1 - machine.ahead_s)
    posted = redis.account.at
    machine.refresh(force=True)
    assert (machine.percent, source(machine), redis.account.at) == (61, "claude-cache", posted)


def test_account_in_the_configuration_takes_nothing_from_another_sign_in(
    fleet: Fleet, api: Api
) -> None:
    fleet.machine().refresh()
    api.body = usage_body(session=88)
    other = fleet.machine(account=ACCOUNT_KEY)
    other.world.sign_in(account="33333333-3333-4333-8333-333333333333")
    other.refresh()
    assert (other.percent, source(other), len(api.usage_requests)) == (88, "oauth", 2)
