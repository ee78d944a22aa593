"""Decide whether a request is allowed now, and how long to wait after a failure. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.storage.account_state import MAX_TTL_FACTOR, Cooldown
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from usageline.config.loader import Config
    from usageline.storage.account_state import AccountState
    from usageline.usage.model import Reading


MIN_RATE_LIMITED_S = 300
MAX_RATE_LIMITED_S = 75 * 60
MIN_OFFLINE_S = 30
JITTER = 0.1
"""Part of the wait, added to it, so that sessions on several machines spread their requests."""

MAX_BACKOFF_S = MAX_RATE_LIMITED_S * (1 + JITTER) + 1
"""A cooldown that ends later than this was written under another clock."""

UNTIL_SIGN_IN_CHANGES = ("expired", "no-scope", "signed-out")
"""Errors that retrying with the same token cannot fix."""

MIN_FORCED_INTERVAL_S = 15
"""Between two requests if the user asks for one, or the sign-in is new."""

ROUNDED_DOWN_S = 1
"""Times in whole seconds may be this much too early; added so that no interval is ever shorter."""

AFTER_RESET_S = 5
"""After a reset, wait until the service has applied it."""


class RateLimited(SourceFailure):
    """No request is allowed before `until` (epoch seconds).

    `is_cooldown`: an earlier failure is the reason, and `status` and `detail` are its own.
    """

    def __init__(self, status: str, detail: str, until: int, *, is_cooldown: bool) -> None:
        super().__init__(status, detail)
        self.until = until
        self.is_cooldown = is_cooldown


def check(  # noqa: PLR0913 - all of them decide it
    account: AccountState,
    config: Config,
    *,
    token: str,
    now: float,
    force: bool,
    is_same_account: bool = True,
) -> None:
    """Raise RateLimited if the service may not be asked with that token now.

    Without `is_same_account`, a token other than the one of the cooldown may be another account's,
    and gets one request. `force` ignores a cooldown, unless it follows a 429, and shortens the time
    between two requests to MIN_FORCED_INTERVAL_S.
    """
    cooldown = account.cooldown
    if cooldown and cooldown.status in UNTIL_SIGN_IN_CHANGES and cooldown.token != token:
        return  # the service refused the old token; Claude Code has renewed it
    if cooldown and (is_same_account or cooldown.token == token):
        _check_cooldown(cooldown, config, now=now, force=force)
    if account.requested_at > now + CLOCK_JUMP_S:
        return
    if account.interrupted_requests and not force:
        wait_s = exponential_s(MIN_OFFLINE_S, account.interrupted_requests, config.ttl_s)
        until = int(account.requested_at + wait_s) + 1
        if now < until:
            raise RateLimited("offline", "an earlier refresh was cut off", until, is_cooldown=True)
    # After a failure the cooldown decides; the interval spares a service that answers.
    is_short = force or cooldown is not None or account.requested_with != token
    interval_s = min(config.floor_s, MIN_FORCED_INTERVAL_S) if is_short else config.floor_s
    until = int(account.requested_at + interval_s) + 1
    if now < until - 1:
        if cooldown:
            raise RateLimited(cooldown.status, cooldown.detail, until, is_cooldown=True)
        raise RateLimited("offline", "asked a moment ago", until, is_cooldown=False)


def _check_cooldown(cooldown: Cooldown, config: Config, *, now: float, force: bool) -> None:
    until = cooldown.until
    if cooldown.status in UNTIL_SIGN_IN_CHANGES:
        until = max(until, int(now + config.ttl_s))
    elif until > now + max(MAX_BACKOFF_S, MAX_TTL_FACTOR * config.ttl_s + 1):
        return  # written under another clock
    if now < until and (cooldown.status == "rate-limited" or not force):
        raise RateLimited(cooldown.status, cooldown.detail, until, is_cooldown=True)


def next_backoff(  # noqa: PLR0913 - as above
    failure: SourceFailure,
    previous: Cooldown | None,
    *,
    now: float,
    ttl_s: float,
    token: str,
    jitter: float,
) -> Cooldown:
    """Return the cooldown after `failure`, given the one before it and `jitter` from 0 to 1.

    After 429 it is what Retry-After asks for, but at least 300 s, doubling up to 75 min. The
    service extends a block for requests during it, so a lower Retry-After is ignored.

    After offline and server errors it begins at 30 s and doubles up to the TTL; a longer
    Retry-After counts. After other failures it is the TTL.
    """
    failures = previous.failures + 1 if previous and previous.status == failure.status else 1
    if failure.status == "rate-limited":
        wait_s = exponential_s(MIN_RATE_LIMITED_S, failures, MAX_RATE_LIMITED_S)
    elif failure.status == "offline":
        wait_s = exponential_s(MIN_OFFLINE_S, failures, ttl_s)
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


def exponential_s(first_s: float, failures: int, max_s: float) -> float:
    """Return `first_s` after the first failure, doubled with each further one, up to `max_s`."""
    return float(min(first_s * 2 ** min(failures - 1, 20), max_s))


def next_refresh_at(
    reading: Reading, config: Config, *, requested_at: int, now: float, jitter: float
) -> int:
    """Return when the reading reaches the TTL, or just after the first reset, in epoch seconds.

    `jitter` from 0 to 1 adds up to a tenth of the TTL. The result is at least `config.floor_s`
    after the last request, and at least one second from `now`.
    """
    due_at = min(reading.observed_at, now) + ROUNDED_DOWN_S + config.ttl_s * (1 + JITTER * jitter)
    resets = [
        limit.resets_at
        for limit in reading.limits
        if limit.resets_at is not None and limit.resets_at > now
    ]
    if resets:
        due_at = min(due_at, min(resets) + AFTER_RESET_S)
    if requested_at <= now:
        due_at = max(due_at, requested_at + ROUNDED_DOWN_S + config.floor_s)
    return math.ceil(max(due_at, now + 1))
