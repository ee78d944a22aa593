"""Open an organization: a client with the user's key, and what was read with it before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from usageline.sources.org.adapter import BASE
from usageline.sources.org.adapters import AdminReports, Analytics, EnterpriseReports
from usageline.sources.org.client import MAX_PAGES, OrgClient
from usageline.sources.org.errors import REFUSED, OrgFailure
from usageline.sources.org.key import SCOPED, load_org, read_key
from usageline.sources.org.pace import Pace
from usageline.storage.org_cache import OrgCache
from usageline.system.paths import Paths
from usageline.system.this_process import SYSTEM_CLOCK, Clock
from usageline.usage.org import records
from usageline.usage.org.model import USER
from usageline.usage.org.records import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.sources.org.adapter import Adapter
    from usageline.usage.org.model import Report, Row

LISTS = {
    "person": (f"{BASE}/users", (("limit", "1000"),)),
    "workspace": (f"{BASE}/workspaces", (("include_archived", "true"), ("limit", "1000"))),
    "key": (f"{BASE}/api_keys", (("limit", "1000"),)),
    "group": (f"{BASE}/rbac_groups", (("limit", "1000"),)),
}
"""The list with the names for each way to group that needs one."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted: days in UTC, both included; this month without them."""

    by: str = "person"
    since: date | None = None
    until: date | None = None
    is_anonymous: bool = False
    max_pages: int = MAX_PAGES


@dataclass(frozen=True, slots=True)
class Org:
    """A client with the user's key, what was read with it before, and what is wanted."""

    client: OrgClient
    cache: OrgCache
    clock: Clock
    request: Request

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.fromtimestamp(self.clock.now(), timezone.utc)

    def names(self, by: str) -> Mapping[str, str]:
        """Return the names by id, as far as the key may read them. It raises nothing.

        Those of people are also by address: the older reports have nothing else of a person.
        """
        names = self.cache.names(by, self.clock.now())
        if names is None:
            names = self._load_names(by)
            if names is None:
                return {}
            self.cache.set_names(by, names, self.clock.now())
        return names

    def _load_names(self, by: str) -> dict[str, str] | None:
        """Return {} if the key may not read the names, None if they cannot be had now."""
        path, params = LISTS[by]
        self.client.progress(f"loading the names of each {by}")
        names: dict[str, str] = {}
        try:
            for page, _ in self.client.listing(path, params):
                for row in records.rows(page):
                    name = records.text(row.get("name"))
                    keys = map(records.text, (row.get("id"), row.get("email")))
                    names |= {key: name for key in keys if key is not None and name is not None}
        except OrgFailure as failure:
            return {} if failure.status in REFUSED else None
        except Malformed:
            return {}
        return names


def open_org(
    env: Mapping[str, str],
    request: Request,
    progress: Callable[[str], None],
    clock: Clock = SYSTEM_CLOCK,
) -> Org:
    """Return the client and the cache of the user's key for a request.

    Raise UsagelineError with what to do if there is no key that may be sent.
    """
    config = load_org(env)
    key = read_key(config, env)
    cache = OrgCache(Paths(env), key.value, config.url, is_anonymous=request.is_anonymous)
    pace = Pace(cache.path, clock)
    client = OrgClient(config, key, env, pace, clock, request.max_pages, progress)
    return Org(client, cache, clock, request)


def all_adapters(org: Org) -> list[Adapter]:
    """Return the adapters: the newer reports first, then those that the kind of key reaches."""
    legacy: list[Adapter] = [AdminReports(), EnterpriseReports()]
    if org.client.key.kind == SCOPED:
        legacy.reverse()
    return [Analytics(), *legacy]


def unreadable(client: OrgClient, malformed: Malformed) -> OrgFailure:
    """Return the failure for an answer of another shape than documented."""
    return OrgFailure(
        f"an answer of {client.host} cannot be read ({malformed}): update usageline, or report it"
    )


def with_names(report: Report, org: Org) -> Report:
    """Return the report with the names that the key may read."""
    has_list = report.by in LISTS and not org.request.is_anonymous
    if not has_list or not any(map(_lacks_name, report.rows)):
        return report
    names = org.names(report.by)
    rows = (
        replace(row, name=names.get(row.key) or names.get(row.email or ""))
        if _lacks_name(row)
        else row
        for row in report.rows
    )
    return replace(report, rows=tuple(rows))


def _lacks_name(row: Row) -> bool:
    """Return whether a list may have the name; actors other than people are in none."""
    return row.name is None and row.kind in {"", USER} and not row.deleted
