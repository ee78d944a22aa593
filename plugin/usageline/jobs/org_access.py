"""Open an organization: a client with the user's key, and what was read with it before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from usageline.config.org import load_org
from usageline.sources.org.analytics import Analytics
from usageline.sources.org.client import MAX_PAGES, OrgClient, ignore
from usageline.sources.org.errors import OrgFailure
from usageline.sources.org.key import SCOPED, read_key
from usageline.sources.org.legacy import AdminReports, EnterpriseReports
from usageline.sources.org.pace import Pace
from usageline.storage.org_cache import OrgCache
from usageline.system.paths import Paths
from usageline.system.this_process import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.sources.org.adapter import Adapter
    from usageline.usage.org.records import Malformed


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
    """A client with the user's key, and what was read with it before."""

    client: OrgClient
    cache: OrgCache
    clock: Clock

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.fromtimestamp(self.clock.now(), timezone.utc)


def open_org(
    env: Mapping[str, str],
    progress: Callable[[str], None] = ignore,
    *,
    max_pages: int = MAX_PAGES,
    is_anonymous: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> Org:
    """Return the client and the cache of the user's key.

    Raise UsagelineError with what to do if there is no key that may be sent.
    """
    config = load_org(env)
    key = read_key(config, env)
    cache = OrgCache(Paths(env), key.value, config.url, is_anonymous=is_anonymous)
    pace = Pace(cache.path, clock)
    return Org(OrgClient(config, key, env, pace, clock, max_pages, progress), cache, clock)


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
