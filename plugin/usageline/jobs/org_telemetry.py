"""Load where the API sends its traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.jobs.org_access import open_org
from usageline.sources.org.adapter import BASE
from usageline.sources.org.client import ignore
from usageline.system.this_process import SYSTEM_CLOCK, Clock
from usageline.usage.org.telemetry import read_destinations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.usage.org.telemetry import Destination

DESTINATIONS = f"{BASE}/telemetry_destinations"
BETA = "telemetry-destinations-2026-08-11"


def load(
    env: Mapping[str, str],
    progress: Callable[[str], None] = ignore,
    clock: Clock = SYSTEM_CLOCK,
) -> list[Destination]:
    """Return the destinations. Raise UsagelineError with what to do if they cannot be read."""
    client = open_org(env, progress, clock=clock).client
    return read_destinations(client.rows(DESTINATIONS, [("limit", "1000")], BETA))
