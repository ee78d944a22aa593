"""Load what an organization has configured: rate limits, and where the API sends its traces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from usageline.core.errors import UsagelineError
from usageline.sources.org.adapter import BASE
from usageline.usage.org.settings import read_destinations, read_rate_limits

if TYPE_CHECKING:
    from usageline.jobs.org_access import Org
    from usageline.usage.org.settings import Destination, RateLimit

DESTINATIONS = f"{BASE}/telemetry_destinations"
DESTINATIONS_BETA = "telemetry-destinations-2026-08-11"
RATE = f"{BASE}/rate_limits"
RATE_OF_WORKSPACE = f"{BASE}/workspaces/{{}}/rate_limits"
WORKSPACE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)


def load_destinations(org: Org) -> list[Destination]:
    """Return the destinations. Raise UsagelineError with what to do if they cannot be read."""
    return read_destinations(org.client.rows(DESTINATIONS, [("limit", "1000")], DESTINATIONS_BETA))


def load_rate_limits(org: Org, workspace: str | None = None) -> list[RateLimit]:
    """Return the rate limits that are configured, by default those of the organization.

    Raise UsagelineError with what to do if they cannot be read.
    """
    if workspace is None:
        return read_rate_limits(org.client.rows(RATE))
    if not WORKSPACE_ID.fullmatch(workspace):
        raise UsagelineError("--workspace takes an id such as wrkspc_01AbCdEf")
    path = RATE_OF_WORKSPACE.format(workspace)
    return read_rate_limits(org.client.rows(path, [("include_inherited", "true")]))
