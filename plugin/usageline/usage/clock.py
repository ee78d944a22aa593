"""Whether this machine's clock is right, by what the service says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.line.view import HORIZON_S

if TYPE_CHECKING:
    from usageline.usage.model import Reading

LATE_S = 3600
"""For so long a reset that has passed may still be reported."""

WRONG = "this machine's clock does not fit the reset times"


def agrees(reading: Reading) -> bool | None:
    """Whether a reset lies where it can: ahead, and no further than its window is long. None where the reading names no reset.

    False is a clock that is wrong, there or here. Nothing may then be forgotten, or be told again, for being old.
    """
    resets = [
        (limit.resets_at, HORIZON_S[limit.kind]) for limit in reading.limits if limit.resets_at is not None and limit.kind in HORIZON_S
    ]
    return any(-LATE_S < at - reading.observed_at <= horizon_s for at, horizon_s in resets) if resets else None
