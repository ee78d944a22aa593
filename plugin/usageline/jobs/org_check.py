"""Check what the administrator's key is, and what it reaches. Remember the reports to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from usageline.jobs import org_limits, org_settings
from usageline.jobs.org_access import Org, all_adapters
from usageline.jobs.org_activity import SUMMARIES
from usageline.sources.org.adapter import BASE
from usageline.sources.org.adapters import CLAUDE_CODE, Analytics
from usageline.sources.org.errors import REFUSED, OrgFailure
from usageline.sources.org.key import ADMIN
from usageline.usage.org.spans import DAY
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.org.adapter import Adapter

ENDS = frozenset({0, 200, 429})
"""After no answer, an unreadable one, or too many requests the next one would be the same."""


class Probe(NamedTuple):
    """One request of the check. `adapter` is the name of the adapter that it stands for."""

    label: str
    shows: str
    path: str
    beta: str = ""
    params: tuple[tuple[str, str], ...] = (("limit", "1"),)
    adapter: str = ""


class Finding(NamedTuple):
    """What a probe resulted in. `reason` says why it is not reached, and what to do."""

    probe: Probe
    status: int
    reason: str

    @property
    def is_reached(self) -> bool:
        """Return whether the key reaches it."""
        return self.status == 200


@dataclass(frozen=True, slots=True)
class Result:
    """The key in words, the address that gets it, the organization, and the findings.

    `adapter` is the name of the reports that `usageline org` uses from now on, "" without any.
    """

    key: str
    kind: str
    host: str
    organization: str
    organization_id: str
    findings: tuple[Finding, ...]
    adapter: str


def check(org: Org) -> Result:
    """Send the probes. Raise UsagelineError if the service has a problem."""
    client = org.client
    client.progress("loading the organization")
    organization = _organization(org)
    findings: list[Finding] = []
    for probe in _probes(org):
        # The older reports have nothing that the newer one lacks.
        if not probe.adapter or not any(map(_is_usable, findings)):
            client.progress(f"checking {probe.label}")
            findings.append(_find(org, probe))
    adapter = next((one.probe.adapter for one in findings if _is_usable(one)), "")
    if adapter:
        org.cache.set_choice(adapter, org.clock.now())
    return Result(
        str(client.key),
        client.key.kind,
        client.host,
        _text(organization.get("name")),
        _text(organization.get("id")),
        tuple(findings),
        adapter,
    )


def _is_usable(finding: Finding) -> bool:
    return finding.is_reached and bool(finding.probe.adapter)


def _probes(org: Org) -> list[Probe]:
    limits = Probe("spend limits of people", "who is about to be stopped", org_limits.EFFECTIVE)
    if org.client.config.is_gateway:
        return [limits, _adapter_probe(org, Analytics())]
    configured = Probe(
        "configured spend limits",
        "limits of workspaces",
        org_limits.CONFIGURED,
        org_limits.CONFIGURED_BETA,
    )
    telemetry = Probe(
        "telemetry destinations",
        "where the API sends its traces",
        org_settings.DESTINATIONS,
        org_settings.DESTINATIONS_BETA,
    )
    reports = [_adapter_probe(org, adapter) for adapter in all_adapters(org)]
    return [*reports, _activity_probe(org), limits, configured, telemetry]


def _activity_probe(org: Org) -> Probe:
    """Return the probe for the activity, of which Console reports Claude Code alone."""
    day = org.now().date() - 3 * DAY  # the service has no later ones yet
    if org.client.key.kind == ADMIN:
        params = (("starting_at", str(day)), ("limit", "1"))
        return Probe("activity of people", "who uses Claude Code", CLAUDE_CODE, params=params)
    params = (("starting_date", str(day)), ("ending_date", str(day + DAY)))
    return Probe("activity of people", "how many are active, and who", SUMMARIES, params=params)


def _adapter_probe(org: Org, adapter: Adapter) -> Probe:
    listing = adapter.probe(org.now().date())
    place = (listing.path, listing.beta, listing.params)
    return Probe(adapter.label, adapter.shows, *place, adapter.name)


def _organization(org: Org) -> Mapping[str, object]:
    try:
        return mapping(org.client.get(f"{BASE}/me"))
    except OrgFailure as failure:
        if failure.status not in REFUSED:
            raise
        return {}  # an Enterprise key need not reach it


def _find(org: Org, probe: Probe) -> Finding:
    try:
        org.client.get(probe.path, probe.params, probe.beta)
    except OrgFailure as failure:
        # A fault of the newer reports must not choose the older ones.
        if failure.status in ENDS or (probe.adapter and failure.status not in REFUSED):
            raise
        return Finding(probe, failure.status, str(failure))
    return Finding(probe, 200, "")


def _text(value: object) -> str:
    return value[:128] if isinstance(value, str) else ""
