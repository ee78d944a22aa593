"""When the next refresh is due. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.refresh.rate_limit import JITTER

if TYPE_CHECKING:
    from usageline.config import Config
    from usageline.usage.model import Reading

ROUNDED_DOWN_S = 1
"""What a moment in whole seconds may lack: two requests are never closer than the TTL, or than the floor."""

AFTER_RESET_S = 5
"""A moment after a window was reset, so that the service has noticed, too."""


def next_refresh_at(
    reading: Reading, config: Config, *, requested_at: int, now: float, jitter: float
) -> int:
    """Epoch seconds: when the reading is as old as the TTL and up to a tenth more (`jitter` from 0 to 1), or just after the first reset of a limit.

    Never sooner than `config.floor_s` after the last request, nor before the next second.
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
