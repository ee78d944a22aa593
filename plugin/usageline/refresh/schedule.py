"""Compute when the next refresh is due. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.refresh.rate_limit import JITTER

if TYPE_CHECKING:
    from usageline.config import Config
    from usageline.usage.model import Reading

ROUNDED_DOWN_S = 1
"""Times in whole seconds may be this much too early; added so that no interval is ever shorter."""

AFTER_RESET_S = 5
"""After a reset, wait until the service has applied it."""


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
