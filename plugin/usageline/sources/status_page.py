"""Read the service's public status page: whether an incident affects Claude Code.

The request has no token. The page is Statuspage's API, version 2.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline import __version__
from usageline.core.text import sanitize
from usageline.sources.claude_files import parse_object
from usageline.system.api_address import API, api_address
from usageline.usage.model import SourceFailure
from usageline.usage.values import objects, string, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGE = "https://status.claude.com"
PATH = "/api/v2/summary.json"
TIMEOUT_S = 3.0
MAX_INCIDENTS = 64
MAX_TITLE_CHARS = 160
KEEP_S = 1800
"""How long the last incident is published again while the page cannot be read."""

IMPACTS = ("none", "minor", "major", "critical")
ENDED = ("resolved", "postmortem", "completed")
COMPONENTS = re.compile(r"claude code|\bapi\b", re.IGNORECASE)
"""An incident of other components alone, such as the web site, does not concern a session."""

ID = re.compile(r"[a-z0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident that has not ended: its title, its impact (one of IMPACTS), and its id or "".

    `checked_at` is when the page was read, in epoch seconds.
    """

    title: str
    impact: str
    id: str
    checked_at: int


def start(env: Mapping[str, str], deadline: float) -> Callable[[], tuple[bool, Incident | None]]:
    """Request the page in a thread. Return a function that waits for the result.

    It returns whether the page could be read, and the incident, by `deadline` (`time.monotonic()`)
    and within TIMEOUT_S. Neither raises.
    """
    deadline = min(deadline, time.monotonic() + TIMEOUT_S)
    result: list[Incident | None] = []

    def work() -> None:
        try:
            result.append(fetch(env, deadline))
        except SourceFailure:
            return

    thread = threading.Thread(target=work, name="status page", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started (ulimit -u)
        return lambda: (False, None)

    def wait() -> tuple[bool, Incident | None]:
        thread.join(max(deadline - time.monotonic(), 0))
        return (True, result[0]) if result else (False, None)

    return wait


# tried by: tests/sources
def fetch(env: Mapping[str, str], deadline: float) -> Incident | None:
    """Return the worst incident that has not ended, None without one.

    Raise SourceFailure if the page cannot be read by `deadline` (`time.monotonic()`).
    """
    from usageline.sources import http, proxies  # noqa: PLC0415 - only for a request

    address = api_address(env)[0]
    url = (PAGE if address == API else address) + PATH
    headers = {"User-Agent": f"usageline/{__version__}"}
    answer = http.get(url, headers, proxies.network_variables(env), deadline)
    body = parse_object(answer.body) if answer.status == 200 else None
    if body is None:
        raise SourceFailure("unreadable", f"the status page answered {answer.status}")
    return worst_incident(body, int(time.time()))


def worst_incident(body: Mapping[str, Any], now: int) -> Incident | None:
    """Return the incident of the highest impact in a summary, the first one of several."""
    rows = objects(body.get("incidents"), MAX_INCIDENTS)
    incidents = [incident for row in rows if (incident := _incident(row, now))]
    return max(incidents, key=lambda incident: IMPACTS.index(incident.impact), default=None)


def _incident(row: Mapping[str, Any], now: int) -> Incident | None:
    title = sanitize((text(row.get("name")) or "")[:MAX_TITLE_CHARS]).strip()
    impact, identifier = row.get("impact"), string(row.get("id"))
    if not title or row.get("status") in ENDED or not _concerns_sessions(row.get("components")):
        return None
    return Incident(
        title,
        impact if impact in IMPACTS else "minor",
        identifier if ID.fullmatch(identifier) else "",
        now,
    )


def _concerns_sessions(components: object) -> bool:
    rows = objects(components, MAX_INCIDENTS)
    names = [name for row in rows if (name := text(row.get("name")))]
    return not names or any(COMPONENTS.search(name) for name in names)
