"""When the service may be asked."""

from __future__ import annotations

import pytest

from usageline.config.loader import Config
from usageline.refresh.rate_limit import RateLimited, check
from usageline.storage.account_state import AccountState, Cooldown

NOW = 1795464000
CONFIG = Config()
TOKEN = "t"


def is_open(
    record: AccountState,
    *,
    token: str = TOKEN,
    force: bool = False,
    config: Config = CONFIG,
    is_same_account: bool = True,
) -> bool:
    """Whether a request may be made at NOW."""
    try:
        check(record, config, token=token, now=NOW, force=force, is_same_account=is_same_account)
    except RateLimited as blocked:
        return blocked.until <= NOW
    return True


def cooled(
    status: str, *, ends_in_s: int = 100, token: str = TOKEN, requested_s_ago: int = 1000
) -> AccountState:
    """A record with a cooldown."""
    return AccountState(
        requested_at=NOW - requested_s_ago,
        requested_with="t",
        cooldown=Cooldown(status, "", NOW + ends_in_s, 1, token),
    )


def test_an_account_that_was_never_asked_for_is_asked_for() -> None:
    """Nothing is known of it."""
    assert is_open(AccountState())


def test_two_requests_lie_the_floor_apart_and_forced_ones_15_seconds() -> None:
    """Whatever the TTL and the trigger."""
    for ago, unforced, forced in (
        (0, False, False),
        (14, False, False),
        (16, False, True),
        (119, False, True),
        (121, True, True),
    ):
        record = AccountState(requested_at=NOW - ago, requested_with="t")
        assert (is_open(record), is_open(record, force=True)) == (unforced, forced), ago


def test_a_new_sign_in_is_asked_for_after_15_seconds() -> None:
    """Its numbers are unknown, so the wait is short.

    A token that changes all the time must not circumvent the budget.
    """
    assert not is_open(AccountState(requested_at=NOW - 14, requested_with="old"))
    assert is_open(AccountState(requested_at=NOW - 16, requested_with="old"))


@pytest.mark.parametrize("status", ["rate-limited", "offline", "unreadable"])
def test_a_cooldown_is_kept_by_every_token(status: str) -> None:
    """It is counted by account."""
    assert not is_open(cooled(status))
    assert not is_open(cooled(status), token="new")
    assert is_open(cooled(status, ends_in_s=-1))


@pytest.mark.parametrize("status", ["rate-limited", "offline", "unreadable"])
def test_a_token_that_may_be_another_accounts_gets_one_try(status: str) -> None:
    """Not at once after another request, and not a second time."""
    assert is_open(cooled(status, token="old"), is_same_account=False)
    assert not is_open(cooled(status, token="old", requested_s_ago=5), is_same_account=False)
    assert not is_open(cooled(status, token="t"), is_same_account=False)


def test_force_passes_every_cooldown_but_a_rate_limit() -> None:
    """Asking again is what keeps a block alive."""
    assert not is_open(cooled("rate-limited"), force=True)
    for status in ("offline", "unreadable", "expired", "no-scope"):
        assert is_open(cooled(status), force=True), status
        assert not is_open(cooled(status, requested_s_ago=5), force=True), status


@pytest.mark.parametrize("status", ["expired", "no-scope"])
def test_a_refused_token_is_not_tried_again_and_a_new_one_at_once(status: str) -> None:
    """Waiting does not help; Claude Code's renewal does."""
    assert not is_open(cooled(status, ends_in_s=-10_000))
    assert is_open(cooled(status, requested_s_ago=1), token="new")


def test_after_a_failure_the_cooldown_decides_and_not_the_floor() -> None:
    """Offline is tried again after half a minute."""
    assert is_open(cooled("offline", ends_in_s=-1, requested_s_ago=31))


def test_a_request_that_was_cut_off_counts_as_a_failure() -> None:
    """Runs that are killed in their middle, one after the other, must not each ask."""
    for unfinished, wait_s in ((1, 30), (2, 60), (9, 300)):
        assert not is_open(
            AccountState(
                requested_at=NOW - wait_s + 1, requested_with="t", interrupted_requests=unfinished
            )
        )
    assert is_open(AccountState(requested_at=NOW - 121, requested_with="t", interrupted_requests=1))


@pytest.mark.parametrize("force", [False, True])
def test_times_from_another_clock_block_no_request(force: bool) -> None:
    """A clock that was a year ahead and was put right."""
    assert is_open(AccountState(requested_at=NOW + 31_536_000, requested_with="t"), force=force)
    assert is_open(cooled("rate-limited", ends_in_s=31_536_000), force=force)


def test_a_rate_limit_has_a_reason_and_an_end() -> None:
    """So that the line can."""
    with pytest.raises(RateLimited) as blocked:
        check(cooled("rate-limited"), CONFIG, token="t", now=NOW, force=False)
    assert (blocked.value.status, blocked.value.until, blocked.value.is_cooldown) == (
        "rate-limited",
        NOW + 100,
        True,
    )
