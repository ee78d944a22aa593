"""How long to leave the service alone after it failed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usageline.core.errors import SourceFailure

RATE_LIMITED_LEAST_S = 300
RATE_LIMITED_MOST_S = 75 * 60
OFFLINE_LEAST_S = 30
JITTER = 0.1
"""Of the wait, on top of it: sessions on several machines must not come back in step."""

LONGEST_S = RATE_LIMITED_MOST_S * (1 + JITTER) + 1
"""No cooldown is longer; one that ends later was made under another clock."""

UNTIL_SIGN_IN_CHANGES = ("expired", "no-scope", "signed-out")
"""What no waiting mends. Asking again with the same token is in vain."""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """No request before `until` (epoch seconds), because of `status` and `detail`; the `failures`-th of its kind in a row.

    `token` is the fingerprint of the token that failed.
    """

    status: str
    detail: str
    until: int
    failures: int = 1
    token: str = ""


def after(  # noqa: PLR0913 - all of them decide it, and a pure function gets them as arguments
    failure: SourceFailure, previous: Cooldown | None, *, now: float, ttl_s: float, token: str, jitter: float
) -> Cooldown:
    """The cooldown that follows `failure`. `previous` is the one before it, `jitter` a random number from 0 to 1.

    429: what Retry-After asks for, but at least 300 s and doubling each time, up to 75 min. `Retry-After: 0` is no invitation: blocks
    re-arm. Offline and server errors: from 30 s, doubling, up to the TTL, or what Retry-After asks for where that is more. Anything else:
    the TTL.
    """
    failures = previous.failures + 1 if previous and previous.status == failure.status else 1
    if failure.status == "rate-limited":
        wait_s = doubled(RATE_LIMITED_LEAST_S, failures, RATE_LIMITED_MOST_S)
    elif failure.status == "offline":
        wait_s = doubled(OFFLINE_LEAST_S, failures, ttl_s)
    else:
        wait_s = ttl_s
    wait_s = max(wait_s, min(failure.retry_after_s or 0, RATE_LIMITED_MOST_S))
    return Cooldown(failure.status, failure.detail, int(now + wait_s * (1 + JITTER * jitter)) + 1, failures, token)


def doubled(least_s: float, failures: int, most_s: float) -> float:
    """`least_s` for the first failure, twice that for the second, …, never more than `most_s`."""
    return float(min(least_s * 2 ** min(failures - 1, 20), most_s))
