"""Use only grows inside a window, but for what the service takes back: a banked reset, another plan. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.line.view import SAME_RESET_S

if TYPE_CHECKING:
    from usageline.usage.model import Limit, Reading


def mark_lowered(reading: Reading, before: Reading | None) -> Reading:
    """The reading with `lowered` set on each limit that stands lower than in `before`, or did so earlier in the same window.

    The status line then no longer believes its payload for that window: an idle session goes on reporting what it saw last.
    """
    if before is None or before.observed_at > reading.observed_at:
        return reading
    return replace(reading, limits=tuple(replace(limit, lowered=_is_lowered(limit, before)) for limit in reading.limits))


def _is_lowered(limit: Limit, before: Reading) -> bool:
    for old in before.limits:
        if (old.kind, old.label) == (limit.kind, limit.label) and _same_window(old, limit):
            fell = limit.percent is not None and old.percent is not None and math.floor(limit.percent) < math.floor(old.percent)
            return fell or old.lowered
    return False


def _same_window(old: Limit, new: Limit) -> bool:
    return old.resets_at is not None and new.resets_at is not None and abs(old.resets_at - new.resets_at) <= SAME_RESET_S
