"""The clock of this process, as an argument: tests pass one that they can move."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(NamedTuple):
    """Read the time and wait: `now` in epoch seconds, `monotonic` and `sleep` in seconds."""

    now: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


SYSTEM_CLOCK = Clock(time.time, time.monotonic, time.sleep)
