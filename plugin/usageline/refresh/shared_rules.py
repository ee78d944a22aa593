"""Decide what the shared server's answer means. Pure: no clock, no disk, no network.

The server can only delay a request or give a reading. The local lock, gate and cooldown hold as
well, and they decide alone while the server is away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from usageline.config.schema import MIN_INTERVAL_S
from usageline.refresh.rate_limit import (
    AFTER_RESET_S,
    MAX_BACKOFF_S,
    MIN_FORCED_INTERVAL_S,
    RateLimited,
    exponential_s,
)
from usageline.sources.shared.script import ASKING, BUDGET

if TYPE_CHECKING:
    from usageline.config.loader import Config
    from usageline.sources.shared.message import Message
    from usageline.sources.shared.server import Answer
    from usageline.storage.account_state import Cooldown
    from usageline.storage.shared_record import SharedRecord
    from usageline.usage.model import Reading, SourceFailure

LEASE_S = 15
"""Longer than a refresh can live, so that no holder asks after its lease."""

MAX_REQUESTS_PER_HOUR = 20
"""Of all machines. The service allows about 28 for an account."""

MAX_WAIT_S = MAX_BACKOFF_S
"""No cooldown is longer. A server that has a longer wait is wrong or hostile."""

FIRST_RETRY_S, MAX_RETRY_S = 60, 600
"""Until the next call after the server did not answer, doubling."""

NEW_RETRY_S = 20
"""Until a new machine's second call, half of it more or less: the first may have been unlucky."""

MAX_ALONE_S = 1800
MIN_MACHINE_INTERVAL_S = 150
"""Between two requests of any machine while each is alone: 24 an hour for the account."""

LOOK_AGAIN_S = 4
"""While another machine asks, its reading comes within seconds."""

DAY_S = 86400


class Look(NamedTuple):
    """The result of reading the server.

    reading  one to use, or None
    older    one that is too old to be used, but newer than this machine's, or None
    refusal  why this machine must not ask now, or None
    refused  why the reading there is not used, ""
    """

    reading: Reading | None = None
    older: Reading | None = None
    refusal: RateLimited | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Mine:
    """What this machine has: when its reading was observed (epoch s), and the record's `at_ms`."""

    observed_at: float
    at_ms: int


def judge(
    answer: Answer, message: Message | None, mine: Mine, max_age_s: float, now: float
) -> Look:
    """Return what an answer of the server means. `message` is its reading, if that is valid."""
    reading, refused = None, ""
    age_s = max(answer.now_ms - message.at_ms, 0) / 1000 if message else 0.0
    if message is not None:
        # Observed by this machine's clock, whatever that says: its age is the server's.
        reading = replace(message.reading, observed_at=int(now - age_s))
        if message.at_ms < mine.at_ms:
            refused = "it is older than the one that this machine has"
        if message.at_ms <= mine.at_ms or reading.observed_at <= mine.observed_at:
            reading = None
    if answer.fence:
        return Look(older=reading, refused=refused)
    if reading is not None and age_s < max_age_s and not _has_ended(reading, now):
        return Look(reading)
    fresh_s = max_age_s - age_s if message else 0
    return Look(None, reading, _refusal(answer, fresh_s, now), refused)


def _has_ended(reading: Reading, now: float) -> bool:
    """Return whether a window of the reading has been reset since."""
    return any(
        limit.resets_at is not None and reading.observed_at < limit.resets_at + AFTER_RESET_S <= now
        for limit in reading.limits
    )


def _refusal(answer: Answer, fresh_s: float, now: float) -> RateLimited:
    """Return why this machine must not ask. The reading there is fresh for `fresh_s` yet."""
    wait_s = min(answer.wait_s, MAX_WAIT_S)
    if answer.why in {"rate-limited", "offline"} and wait_s:
        until = int(now + wait_s) + 1
        return RateLimited(answer.why, "another machine was refused", until, is_cooldown=True)
    if answer.why == ASKING and wait_s:
        return too_early("another machine is asking", now + min(wait_s, LOOK_AGAIN_S))
    if answer.why == BUDGET and wait_s:
        return too_early("all machines together asked too often", now + wait_s)
    return too_early("another machine asked a moment ago", now + max(wait_s, fresh_s))


def too_early(detail: str, at: float) -> RateLimited:
    """Return the refusal of a request that is too early, with the time of the next call."""
    return RateLimited("offline", detail, int(at) + 1, is_cooldown=False)


def good_s(reading: Reading, at_ms: int) -> float:
    """Return how long a reading is good at most: until its first reset, by the server's clock."""
    at = at_ms / 1000
    ends = [
        limit.resets_at + AFTER_RESET_S - at
        for limit in reading.limits
        if limit.resets_at is not None and limit.resets_at + AFTER_RESET_S > at
    ]
    return min([*ends, DAY_S])


def gate(failure: SourceFailure | None, cooldown: Cooldown | None, now: float) -> tuple[float, str]:
    """Return how long no machine may ask after a request of this one, and why.

    Only what the service itself refused concerns the other machines. This one's network or sign-in
    may be broken while theirs work.
    """
    if failure is None:
        return MIN_FORCED_INTERVAL_S, "ok"
    is_service = failure.status == "rate-limited" or (failure.http_status or 0) >= 500
    if cooldown is None or not is_service:
        return 0, "failed"
    return min(max(cooldown.until - now, 0), MAX_WAIT_S), failure.status


def answered(record: SharedRecord, answer: Answer, look: Look, now: float) -> SharedRecord:
    """Return the record after an answer of the server."""
    is_cooldown = look.refusal is not None and look.refusal.is_cooldown
    is_blocked = look.refusal is not None and (is_cooldown or bool(look.refused))
    since = record.blocked_since if 0 < record.blocked_since <= now else int(now)
    return replace(
        record,
        machines=answer.machines,
        checked_at=int(now),
        blocked_since=since if is_blocked else 0,
        wait_until=look.refusal.until if look.refusal and is_cooldown else 0,
        wait_why=look.refusal.status if look.refusal and is_cooldown else "",
        failures=0,
        retry_at=0,
        problem="",
        refused=look.refused,
    )


def unanswered(record: SharedRecord, mine: Mine, problem: str, now: float) -> SharedRecord:
    """Return the record after a call without an answer."""
    failures = record.failures + 1
    wait_s = exponential_s(FIRST_RETRY_S, failures, MAX_RETRY_S)
    if failures == 1 and not mine.observed_at:
        wait_s = NEW_RETRY_S * (0.5 + _own_part(record))
    return replace(
        record, failures=min(failures, 99), retry_at=int(now + wait_s) + 1, problem=problem
    )


def is_paused(record: SharedRecord, now: float) -> bool:
    """Return whether the server did not answer a moment ago, so that it is not called now."""
    return record.failures > 0 and now < record.retry_at <= now + MAX_RETRY_S + 1


def is_blocked_for_good(record: SharedRecord, now: float) -> bool:
    """Return whether the server refuses longer than a cooldown lasts, without a valid reading."""
    return 0 < record.blocked_since < now - MAX_WAIT_S


def alone(
    record: SharedRecord, mine: Mine, config: Config, now: float, *, force: bool
) -> RateLimited | None:
    """Return why this machine must not ask while it is without the server, or None.

    All other machines may be without it, too. So each asks the less often the more there are, at a
    time of its own. It keeps a wait of the service that the server reported.
    """
    if now < record.wait_until <= now + MAX_WAIT_S + 1 and record.wait_why:
        return RateLimited(
            record.wait_why, "another machine was refused", record.wait_until, is_cooldown=True
        )
    if force:
        return None
    if not mine.observed_at:
        # Of many new machines that come up at once, each tries twice before it asks.
        is_first = record.failures == 1 and not record.checked_at and record.retry_at > now
        return too_early("the shared server is away", record.retry_at) if is_first else None
    ready_at = mine.observed_at + alone_interval_s(record, config.ttl_s)
    if now >= ready_at or mine.observed_at > now:
        return None
    look_at = max(record.retry_at, now + MIN_FORCED_INTERVAL_S)
    return too_early("the shared server is away", min(ready_at, look_at, now + config.ttl_s))


def alone_interval_s(record: SharedRecord, ttl_s: float) -> float:
    """Return how old a reading must be before this machine asks without the server."""
    if record.machines <= 1:
        return ttl_s
    longest_s = max(MAX_ALONE_S, MIN_MACHINE_INTERVAL_S * record.machines)
    shared_s = min(ttl_s * record.machines, longest_s)
    return max(ttl_s, MIN_INTERVAL_S, shared_s * (0.5 + _own_part(record)))


def _own_part(record: SharedRecord) -> float:
    """Return a number from 0 to 1 that this machine always has, so that not all ask at once."""
    return int(record.machine, 16) / 0x100000000
