"""Whoever can write on the server, but has no key, changes no number and stops no machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fleet.machines import ACCOUNT_KEY, TTL_AND_JITTER_S
from tests.server import usage_body
from usageline.cli.doctor import shared
from usageline.cli.doctor.context import Context
from usageline.sources.shared import message, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fleet.machines import Fleet, Machine
    from tests.server import Api

Poison = bytes

pytestmark = pytest.mark.usefixtures("patient")


def keys(fleet: Fleet, account: str = ACCOUNT_KEY) -> dict[str, str]:
    name = message.account_id(bytes.fromhex(fleet.key), account)
    return dict(zip(("reading", "gate", "m", "v", "q"), script.keys_of(name), strict=True))


def now_ms(fleet: Fleet) -> int:
    seconds, microseconds = fleet.server.admin().time()
    return int(seconds) * 1000 + int(microseconds) // 1000


def poison(fleet: Fleet, content: bytes, **gate: Any) -> None:
    """Put a value there as if a machine had just posted it."""
    at = now_ms(fleet)
    admin = fleet.server.admin()
    admin.set(keys(fleet)["reading"], content)
    values: dict[Any, Any] = {"at": at, "good": at + 10**7, "until": 0, **gate}
    admin.hset(keys(fleet)["gate"], mapping=values)


def genuine(fleet: Fleet, account: str = ACCOUNT_KEY) -> bytes:
    content = fleet.server.admin().get(keys(fleet, account)["reading"])
    assert isinstance(content, bytes)
    return content


def altered(fleet: Fleet) -> bytes:
    return genuine(fleet).replace(b'"percent":37', b'"percent":99')


def signed_by_another_key(fleet: Fleet) -> bytes:
    body = genuine(fleet).partition(b".")[2]
    account = message.account_id(bytes.fromhex(fleet.key), ACCOUNT_KEY)
    return message._signature(b"x" * 32, account, body).encode() + b"." + body


def of_another_account(fleet: Fleet) -> bytes:
    other = fleet.machine()
    other.world.sign_in(account="33333333-3333-4333-8333-333333333333")
    other.refresh()
    return genuine(fleet, other.world.snapshot()["account"])


def replayed(fleet: Fleet) -> bytes:
    """The first machine takes a newer reading, then the older one is put back."""
    older = genuine(fleet)
    fleet.later(TTL_AND_JITTER_S)
    fleet.machines[0].refresh()
    assert genuine(fleet) != older
    return older


POISONS: dict[str, tuple[Callable[[Fleet], Poison], str]] = {
    "unsigned": (lambda _: b'{"percent":99}', "signature"),
    "bytes": (lambda _: bytes(range(256)), "signature"),
    "altered": (altered, "signature"),
    "of another key": (signed_by_another_key, "signature"),
    "of another account": (of_another_account, "signature"),
    "too long": (lambda _: b"x" * 100_000, "too long"),
    "replayed": (replayed, "older"),
}


def advice(machine: Machine) -> str:
    result = shared.last_call(Context(machine.world.env, "/"))
    assert result is not None
    return f"{result.level}: {result.text}"


@pytest.mark.parametrize("name", POISONS)
def test_poisoned_reading_is_ignored_and_named_by_the_doctor(
    fleet: Fleet, api: Api, name: str
) -> None:
    make, reason = POISONS[name]
    victim = fleet.machine()
    victim.refresh()
    content = make(fleet)
    fleet.later(TTL_AND_JITTER_S)
    poison(fleet, content)
    api.body, before = usage_body(session=52), len(api.usage_requests)
    victim.refresh()
    assert victim.percent == 52
    assert len(api.usage_requests) == before + 1
    assert advice(victim).startswith("warning: the shared reading is ignored")
    assert reason in advice(victim)
    newcomer = fleet.machine()
    newcomer.refresh()
    assert (newcomer.percent, newcomer.world.snapshot()["source"]) == (52, "shared")


def test_huge_value_is_not_read(fleet: Fleet, api: Api) -> None:
    victim = fleet.machine()
    victim.refresh()
    fleet.later(TTL_AND_JITTER_S)
    poison(fleet, b"x" * 5_000_000)
    api.body = usage_body(session=52)
    victim.refresh()
    assert victim.percent == 52
    assert "too long" in advice(victim)


def test_value_of_another_kind_is_an_error_of_the_server(fleet: Fleet, api: Api) -> None:
    victim = fleet.machine()
    victim.refresh()
    fleet.later(TTL_AND_JITTER_S)
    admin = fleet.server.admin()
    admin.delete(keys(fleet)["reading"])
    admin.lpush(keys(fleet)["reading"], "x")
    api.body = usage_body(session=52)
    victim.refresh()
    assert victim.percent == 52
    assert "WRONGTYPE" in advice(victim)


@pytest.mark.parametrize("why", ["rate-limited", "offline", "asking", "\x1b[31mred"])
def test_gate_that_stays_shut_holds_no_longer_than_a_cooldown(
    fleet: Fleet, api: Api, why: str
) -> None:
    victim = fleet.machine()
    victim.refresh()
    api.body = usage_body(session=52)
    for _ in range(6):
        fleet.later(1100)
        at = now_ms(fleet)
        poison(fleet, b"", until=at + 4_900_000, why=why)
        victim.refresh()
        assert "\x1b" not in json.dumps(victim.world.snapshot())
    assert victim.percent == 52


def test_poisoned_lists_count_no_machines(fleet: Fleet, api: Api) -> None:
    victim = fleet.machine()
    victim.refresh()
    admin = fleet.server.admin()
    admin.zadd(keys(fleet)["m"], {f"{index:08x}": 10**15 for index in range(500)})
    admin.zadd(keys(fleet)["q"], {f"{index}": 10**15 for index in range(500)})
    fleet.later(TTL_AND_JITTER_S)
    victim.refresh()
    assert (victim.record.machines, len(api.usage_requests)) == (1, 2)
