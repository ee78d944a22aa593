"""A clock that a test moves, for everything that a refresh does only after a while."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from usageline.refresh.run import refresh
from usageline.system.this_process import Clock

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import World
    from usageline.refresh.log_entry import Outcome

AFTER_TTL_S = 332
"""After this long a refresh is due with the default TTL of 300 s and any jitter."""


@dataclass
class Later:
    """Refreshes by a clock that is ahead of the machine's; the service's clock is, too."""

    world: World
    api: Api
    ahead_s: float = 0

    @property
    def clock(self) -> Clock:
        """The clock as it stands."""
        return Clock(self.now, time.monotonic, time.sleep)

    def now(self) -> float:
        """Return the time by that clock, in epoch seconds."""
        return time.time() + self.ahead_s

    def refresh(self, after_s: float = AFTER_TTL_S, **options: Any) -> Outcome:
        """Move the clock by `after_s`, then refresh."""
        self.ahead_s += after_s
        self.api.clock_ahead_s = self.ahead_s
        return refresh(self.world.env, clock=self.clock, **options)


@pytest.fixture
def later(world: World, api: Api) -> Later:
    """Refreshes later than now, without waiting."""
    return Later(world, api)
