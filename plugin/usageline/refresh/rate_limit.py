"""Whether the service may be asked now. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.storage.account_state import CLOCK_SLACK_S, Cooldown
from usageline.usage.model import SourceFailure

MIN_RATE_LIMITED_S = 300
MAX_RATE_LIMITED_S = 75 * 60
MIN_OFFLINE_S = 30
JITTER = 0.1
"""Of the wait, on top of it: sessions on several machines must not come back in step."""
MAX_BACKOFF_S = MAX_RATE_LIMITED_S * (1 + JITTER) + 1
"""No cooldown is longer; one that ends later was made under another clock."""
UNTIL_SIGN_IN_CHANGES = ("expired", "no-scope", "signed-out")
"""What no waiting mends. Asking again with the same token is in vain."""

if TYPE_CHECKING:
    from usageline.config import Config
    from usageline.storage.account_state import Record

FORCED_GAP_S = 15
"""The least time between two requests where the user asks for one, or somebody signed in anew."""


class RateLimited(SourceFailure):
    """No request may be made before `until` (epoch seconds). `known` says that an earlier failure is the reason, and that `status` names it."""

    def __init__(self, status: str, detail: str, until: int, *, known: bool) -> None:
        super().__init__(status, detail)
        self.until = until
        self.known = known


def check(  # noqa: PLR0913 - all of them decide it
    record: Record,
    config: Config,
    *,
    token: str,
    now: float,
    force: bool,
    is_same_account: bool = True,
) -> None:
    """Blocked where the service may not be asked with that token now.

    Without `is_same_account` a token other than the one that was told to wait may be another account's, and gets one try.
    `force` passes a cooldown, but for one after 429, and the time between two requests down to FORCED_GAP_S.
    """
    cooldown = record.cooldown
    if cooldown and cooldown.status in UNTIL_SIGN_IN_CHANGES and cooldown.token != token:
        return  # what was refused was the old token; the client has renewed it
    if cooldown and (is_same_account or cooldown.token == token):
        _check_backoff(cooldown, config, now=now, force=force)
    if record.requested_at > now + CLOCK_SLACK_S:
        return
    if record.unfinished and not force:
        until = (
            int(record.requested_at + doubled(MIN_OFFLINE_S, record.unfinished, config.ttl_s)) + 1
        )
        if now < until:
            raise RateLimited("offline", "an earlier refresh was cut off", until, known=True)
    # After a failure its cooldown decides; the time between two requests spares a service that answers.
    short = force or cooldown is not None or record.asked_with != token
    until = (
        int(record.requested_at + (min(config.floor_s, FORCED_GAP_S) if short else config.floor_s))
        + 1
    )
    if now < until - 1:
        status, detail = (
            (cooldown.status, cooldown.detail) if cooldown else ("offline", "asked a moment ago")
        )
        raise RateLimited(status, detail, until, known=cooldown is not None)


def _check_backoff(cooldown: Cooldown, config: Config, *, now: float, force: bool) -> None:
    until = cooldown.until
    if cooldown.status in UNTIL_SIGN_IN_CHANGES:
        until = max(until, int(now + config.ttl_s))
    elif until > now + max(MAX_BACKOFF_S, 1.1 * config.ttl_s + 1):
        return  # made under another clock
    if now < until and (cooldown.status == "rate-limited" or not force):
        raise RateLimited(cooldown.status, cooldown.detail, until, known=True)


def next_backoff(  # noqa: PLR0913 - all of them decide it, and a pure function gets them as arguments
    failure: SourceFailure,
    previous: Cooldown | None,
    *,
    now: float,
    ttl_s: float,
    token: str,
    jitter: float,
) -> Cooldown:
    """The cooldown that follows `failure`. `previous` is the one before it, `jitter` a random number from 0 to 1.

    429: what Retry-After asks for, but at least 300 s and doubling each time, up to 75 min. `Retry-After: 0` is no invitation: blocks
    re-arm. Offline and server errors: from 30 s, doubling, up to the TTL, or what Retry-After asks for where that is more. Anything else:
    the TTL.
    """
    failures = previous.failures + 1 if previous and previous.status == failure.status else 1
    if failure.status == "rate-limited":
        wait_s = doubled(MIN_RATE_LIMITED_S, failures, MAX_RATE_LIMITED_S)
    elif failure.status == "offline":
        wait_s = doubled(MIN_OFFLINE_S, failures, ttl_s)
    else:
        wait_s = ttl_s
    wait_s = max(wait_s, min(failure.retry_after_s or 0, MAX_RATE_LIMITED_S))
    return Cooldown(
        failure.status,
        failure.detail,
        int(now + wait_s * (1 + JITTER * jitter)) + 1,
        failures,
        token,
    )


def doubled(least_s: float, failures: int, most_s: float) -> float:
    """`least_s` for the first failure, twice that for the second, …, never more than `most_s`."""
    return float(min(least_s * 2 ** min(failures - 1, 20), most_s))
