"""How long the service is left alone after each failure."""

from __future__ import annotations

import pytest

from usageline.refresh.rate_limit import MAX_BACKOFF_S, next_backoff
from usageline.storage.account_state import Cooldown
from usageline.usage.model import SourceFailure

NOW = 1795464000


def waits(
    failure: SourceFailure, times: int, *, ttl_s: float = 300, jitter: float = 0
) -> list[int]:
    """The seconds of `times` cooldowns in a row, each following the one before."""
    waits_s: list[int] = []
    previous: Cooldown | None = None
    for _ in range(times):
        previous = next_backoff(failure, previous, now=NOW, ttl_s=ttl_s, token="t", jitter=jitter)
        waits_s.append(previous.until - NOW - 1)
    return waits_s


def test_rate_limits_double_from_five_minutes_to_75() -> None:
    """Blocks re-arm when they are tried too early."""
    assert waits(SourceFailure("rate-limited"), 7) == [300, 600, 1200, 2400, 4500, 4500, 4500]


@pytest.mark.parametrize(
    ("asked_s", "first_s"),
    [(None, 300), (0, 300), (299, 300), (1000, 1000), (4500, 4500), (1e9, 4500)],
)
def test_retry_after_lengthens_a_cooldown_and_never_shortens_one(
    asked_s: float | None, first_s: int
) -> None:
    """`Retry-After: 0` is no invitation, and a month is none of this endpoint's."""
    assert waits(SourceFailure("rate-limited", "", asked_s), 1) == [first_s]


def test_offline_doubles_from_half_a_minute_to_the_ttl() -> None:
    """A laptop that wakes up is online again soon."""
    assert waits(SourceFailure("offline"), 6) == [30, 60, 120, 240, 300, 300]
    assert waits(SourceFailure("offline"), 1, ttl_s=1) == [1]


def test_the_retry_after_of_a_server_error_is_kept() -> None:
    """But not for longer than a rate limit is."""
    assert waits(SourceFailure("offline", "", 1200), 2) == [1200, 1200]
    assert waits(SourceFailure("offline", "", 10), 1) == [30]
    assert waits(SourceFailure("offline", "", 1e9), 1) == [4500]


@pytest.mark.parametrize("status", ["unreadable", "expired", "no-scope"])
def test_anything_else_waits_for_the_ttl(status: str) -> None:
    """It will hardly recover by itself, but it may."""
    assert waits(SourceFailure(status), 3) == [300, 300, 300]


def test_jitter_only_lengthens_and_by_a_tenth_at_most() -> None:
    """Machines must not come back in step, and not too early either."""
    for jitter in (0, 0.3, 1):
        (wait_s,) = waits(SourceFailure("rate-limited", "", 4500), 1, jitter=jitter)
        assert 4500 <= wait_s <= 4950 < MAX_BACKOFF_S


def test_another_kind_of_failure_begins_to_count_anew() -> None:
    """Eight times offline does not make the first 429 last longer than it must."""
    offline = next_backoff(
        SourceFailure("offline"),
        Cooldown("offline", "", NOW, 8),
        now=NOW,
        ttl_s=300,
        token="t",
        jitter=0,
    )
    assert offline.failures == 9
    limited = next_backoff(
        SourceFailure("rate-limited"), offline, now=NOW, ttl_s=300, token="t", jitter=0
    )
    assert (limited.failures, limited.until) == (1, NOW + 301)
