"""A world under a clock that can be set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults.clock.clocks import Clock
from faults.needs import needs

if TYPE_CHECKING:
    from server import Api
    from world import Release, World


@pytest.fixture
def clock(world: World, release: Release, api: Api) -> Clock:
    """Its clock, which shows the true time at first."""
    needs("faketime")
    return Clock(world, release, api)
