"""Test the gate of an account over all caches: rules by a given clock, and a crowd at a lock."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from usageline.config.loader import Config
from usageline.core.errors import CacheUnwritable
from usageline.refresh import request_budget
from usageline.refresh.rate_limit import RateLimited
from usageline.refresh.request_budget import AccountGate
from usageline.storage.account_state import AccountState, Cooldown
from usageline.system import lock, origin, origin_record
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

API = "https://api.anthropic.com"
NOW = 1_795_400_000


@pytest.fixture(autouse=True)
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The release that runs."""
    root = tmp_path / "data" / "releases" / "1"
    root.mkdir(parents=True)
    monkeypatch.setattr(origin, "ROOT", str(root))
    return root


def ask(
    cache: str,
    now: float = NOW,
    *,
    account: str = "a",
    token: str = "t",  # noqa: S107 - a made-up secret
    address: str = API,
    force: bool = False,
) -> bool:
    """Whether that cache may ask then."""
    gate, noted = (
        AccountGate(Paths({"HOME": "/home", "XDG_CACHE_HOME": cache}), account, token, address),
        [],
    )
    try:
        gate.enter(
            Config(),
            AccountState(requested_at=int(now), requested_with=token),
            force=force,
            record=lambda: noted.append(1),
        )
    except RateLimited:
        assert not noted
        return False
    assert noted
    return True


def test_another_cache_waits_the_floor() -> None:
    assert ask("/one")
    assert not ask("/two", NOW + 118)
    assert ask("/two", NOW + 121)
    assert not ask("/one", NOW + 130)


def test_request_waits_while_another_process_holds_the_gates(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_budget, "LOCK_TIMEOUT_S", 0.1)
    gates = release.parent / "gates"
    gates.mkdir(mode=0o700)
    with lock.hold_existing(str(gates), 0):
        assert not ask("/one")
    assert ask("/one")


def test_a_cache_is_not_held_by_its_own_request() -> None:
    """The store remembers that; a cache that was cleared may ask at once, as ever."""
    assert ask("/one")
    assert ask("/one", NOW + 1)


def test_a_token_is_held_under_whatever_account_and_an_account_with_whatever_token() -> None:
    assert ask("/one")
    assert not ask("/two", NOW + 1, account="b")
    assert not ask("/two", NOW + 1, token="u")
    assert ask("/two", NOW + 1, account="b", token="u")


def test_two_services_have_gates_of_their_own() -> None:
    assert ask("/one", address="http://127.0.0.1:1")
    assert ask("/two", NOW + 1)


def test_a_user_who_asks_waits_no_longer_than_for_one_cache() -> None:
    assert ask("/one")
    assert not ask("/two", NOW + 10, force=True)
    assert ask("/two", NOW + 16, force=True)


def test_a_refusal_for_too_many_requests_holds_for_all(release: Path) -> None:
    gate = AccountGate(Paths({"HOME": "/home", "XDG_CACHE_HOME": "/one"}), "a", "t", API)
    gate.leave(
        AccountState(
            requested_at=NOW, requested_with="t", cooldown=Cooldown("rate-limited", "", NOW + 1000)
        )
    )
    assert not ask("/two", NOW + 900, force=True)
    assert ask("/two", NOW + 1001)
    assert request_budget.gates_directory() == str(release.parent / "gates")


def test_a_request_under_another_clock_blocks_no_cache() -> None:
    assert ask("/one", NOW + 86400)
    assert ask("/two")


def test_of_a_crowd_one_asks() -> None:
    now, passed = time.time(), []
    crowd = [
        threading.Thread(target=lambda cache=f"/{number}": passed.append(ask(cache, now)))
        for number in range(12)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(20)
    assert sorted(passed) == [False] * 11 + [True]


def test_the_files_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_budget, "MAX_GATES", 5)
    for number in range(20):
        ask("/one", NOW + 200 * number, account=str(number), token="")
    assert len(os.listdir(request_budget.gates_directory())) == 5


def test_no_number_of_servers_on_this_machine_pushes_an_account_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A project names them by USAGELINE_API_URL, as many as it likes."""
    monkeypatch.setattr(request_budget, "MAX_GATES", 5)
    assert ask("/one")
    for number in range(20):
        assert ask(f"/{number}", address=f"http://127.0.0.1:{number}")
    assert not ask("/two", NOW + 1)
    assert len(os.listdir(request_budget.gates_directory())) == 5


def test_no_number_of_sign_ins_pushes_out_an_account_that_has_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A project makes up accounts and tokens; the service refuses each."""
    monkeypatch.setattr(request_budget, "MAX_GATES", 6)
    assert ask("/one")
    allowed = [ask(f"/{n}", NOW + 1, account=f"made-{n}", token=f"up-{n}") for n in range(20)]
    assert allowed == [True] * 2 + [False] * 18
    assert not ask("/two", NOW + 1)
    assert not ask("/two", NOW + 118)
    assert ask("/two", NOW + 122)
    assert ask("/three", NOW + 122, account="new", token="new")


def test_account_that_the_service_limits_stays_while_others_come_and_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_budget, "MAX_GATES", 6)
    gate = AccountGate(Paths({"HOME": "/home", "XDG_CACHE_HOME": "/one"}), "a", "t", API)
    cooldown = Cooldown("rate-limited", "", NOW + 4000)
    gate.leave(AccountState(requested_at=NOW, requested_with="t", cooldown=cooldown))
    for number in range(20):
        assert ask("/one", NOW + 150 * number, account=f"{number}", token="")
    assert not ask("/two", NOW + 3900)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 50, b"[]", b'{"cooldown": 5, "requested_at": "x", "cache": []}', b"{" * 5000],
)
def test_a_damaged_gate_is_open(content: bytes) -> None:
    assert ask("/one")
    for name in os.listdir(request_budget.gates_directory()):
        with open(f"{request_budget.gates_directory()}/{name}", "wb") as file:
            file.write(content)
    assert ask("/two", NOW + 1)


def test_what_was_not_asked_is_not_remembered() -> None:
    def fail() -> None:
        raise CacheUnwritable("full")

    gate = AccountGate(Paths({"HOME": "/home", "XDG_CACHE_HOME": "/one"}), "a", "t", API)
    with pytest.raises(CacheUnwritable):
        gate.enter(
            Config(), AccountState(requested_at=NOW, requested_with="t"), force=False, record=fail
        )
    assert ask("/two", NOW + 1)


def test_a_tree_that_is_no_release_has_no_gates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    origin_record.disable(str(tmp_path))
    assert request_budget.gates_directory() == ""
    assert ask("/one")
    assert ask("/two")
