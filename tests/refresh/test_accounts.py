"""Test two accounts on one machine.

The numbers of one are never published while the other is signed in.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from tests.server import Request, usage_body
from usageline.core.freshness import file_fingerprint
from usageline.refresh.run import refresh
from usageline.sources.auth import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.server import Api
    from tests.world import World

A: dict[str, Any] = {"account": "a", "organization": "oa", "token": "sk-token-a"}
B: dict[str, Any] = {"account": "b", "organization": "ob", "token": "sk-token-b"}
NUMBERS = {"sk-token-a": 11.0, "sk-token-b": 22.0}


def body_of(request: Request) -> dict[str, Any]:
    """The numbers of the account that the token belongs to."""
    return usage_body(session=NUMBERS[request.headers["authorization"].removeprefix("Bearer ")])


def session_percent(snapshot: dict[str, Any] | None) -> float | None:
    """Return the session's percentage, or None without numbers."""
    assert snapshot is not None
    return next(
        (limit["percent"] for limit in snapshot["limits"] if limit["kind"] == "session"), None
    )


def test_each_account_has_its_own_numbers_and_its_own_key(world: World, api: Api) -> None:
    """And going back to one within the TTL costs no request."""
    api.body = body_of
    accounts = []
    for who in (A, B, A, B):
        world.sign_in(**who)
        snapshot = refresh(world.env).snapshot
        accounts.append((snapshot or {})["account"])
        assert session_percent(snapshot) == NUMBERS[who["token"]]
    assert len(set(accounts)) == 2
    assert len(api.usage_requests) == 2


def test_a_failure_shows_the_numbers_of_the_account_that_is_signed_in_or_none(
    world: World, api: Api
) -> None:
    """Not the ones of the account before."""
    api.body = body_of
    world.sign_in(**A)
    refresh(world.env)
    api.fault = "500"
    world.sign_in(**B)
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert (snapshot["status"], snapshot["limits"], snapshot["credits"]) == ("offline", [], [])


def test_a_cooldown_is_the_accounts_own(world: World, api: Api) -> None:
    """The other one's budget is not spent."""
    api.body = body_of
    world.sign_in(**A)
    api.fault = "429:1000"
    refresh(world.env)
    api.fault = ""
    world.sign_in(**B)
    assert session_percent(refresh(world.env).snapshot) == 22


def test_a_reading_that_arrives_after_the_account_changed_is_dropped(
    world: World, api: Api
) -> None:
    """The sign-in changed while the request was under way: the new account's numbers, or none."""
    world.sign_in(**A)

    def switch(request: Request) -> dict[str, Any]:
        world.sign_in(**B)
        return body_of(request)

    api.body = switch
    snapshot = refresh(world.env).snapshot
    assert session_percent(snapshot) in {22, None}
    world.sign_in(**A)
    api.body = body_of
    assert session_percent(refresh(world.env).snapshot) in {11, None}


def test_a_sign_in_that_keeps_changing_publishes_nobodys_numbers(world: World, api: Api) -> None:
    """And is due again at once."""

    def switch(request: Request) -> dict[str, Any]:
        world.sign_in(**(B if request.headers["authorization"].endswith("a") else A))
        return body_of(request)

    world.sign_in(**A)
    api.body = switch
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert snapshot["limits"] == []
    assert snapshot["credentials"] != file_fingerprint(world.paths.claude_credentials)


def test_half_a_switch_in_one_organization_is_corrected_by_the_next_refresh(
    world: World, api: Api
) -> None:
    """Claude Code writes two files one after the other.

    A refresh in between must not leave B's numbers with A.
    """
    team = {"organization": "team"}
    api.body = body_of
    world.sign_in(**{**A, **team})
    state = world.read_state()["oauthAccount"]
    world.sign_in(**{**B, **team})
    world.write_state(oauthAccount=state)  # B's token, A's name
    refresh(world.env)
    world.sign_in(**{**A, **team})
    assert session_percent(refresh(world.env).snapshot) in {11, None}
    api.fault = "500"
    world.sign_in(**{**B, **team})
    assert session_percent(refresh(world.env).snapshot) in {22, None}


def test_the_clients_cache_from_before_the_switch_is_not_taken(world: World, api: Api) -> None:
    """Half a switch again: B's token is there, A's name and A's reading still are, too."""
    api.body = body_of
    world.sign_in(**A)
    refresh(world.env)
    world.client_saw(usage_body(session=11), account="a", age_s=1)
    state = world.read_state()["oauthAccount"]
    time.sleep(0.01)
    world.sign_in(**B)
    world.write_state(oauthAccount=state)
    assert session_percent(refresh(world.env).snapshot) in {22, None}


def test_numbers_are_published_under_the_sign_in_that_was_read_and_no_earlier_one(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account changes between the fingerprint and the reading of the files.

    B's numbers must not be published under A's fingerprint.
    """
    api.body = body_of
    world.sign_in(**B)
    refresh(world.env)
    world.sign_in(**A)
    stamp_of_a = file_fingerprint(world.paths.claude_credentials)
    really_read, switches = sign_in.read, iter([B])

    def switch_and_read(*arguments: Any, **options: Any) -> sign_in.SignIn:
        for who in switches:
            world.sign_in(**who)
        return really_read(*arguments, **options)

    monkeypatch.setattr(sign_in, "read", switch_and_read)
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert session_percent(snapshot) == 22
    assert snapshot["credentials"] != stamp_of_a


def test_switches_under_running_refreshes_publish_no_other_accounts_numbers(
    world: World, api: Api, eventually: Callable[[Callable[[], object]], None]
) -> None:
    """A snapshot under the fingerprint of the credentials has their account's numbers, always."""
    api.body = body_of
    world.configure("ttl = 1")
    stopped = threading.Event()
    wrong: list[tuple[float | None, float | None]] = []
    numbers_by_fingerprint: dict[str, float] = {}

    def keep_refreshing() -> None:
        while not stopped.is_set():
            refresh(world.env)

    def switch(who: dict[str, Any]) -> str:
        world.sign_in(**who)
        fingerprint = str(file_fingerprint(world.paths.claude_credentials))
        numbers_by_fingerprint[fingerprint] = NUMBERS[who["token"]]
        return fingerprint

    def is_published(fingerprint: str) -> Callable[[], object]:
        return lambda: check().get("credentials") == fingerprint

    def check() -> dict[str, Any]:
        try:
            snapshot = world.snapshot()
        except FileNotFoundError:
            return {}
        percent = session_percent(snapshot)
        expected = numbers_by_fingerprint.get(snapshot["credentials"])
        if percent is not None and percent != expected:
            wrong.append((percent, expected))
        return snapshot

    switch(A)
    runner = threading.Thread(target=keep_refreshing)
    runner.start()
    try:
        for number in range(100):
            fingerprint = switch(B if number % 2 == 0 else A)
            time.sleep(0.01)
            check()
            if number % 20 == 0:
                eventually(is_published(fingerprint))
    finally:
        stopped.set()
        runner.join(20)
    assert wrong == []
