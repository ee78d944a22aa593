"""Read where the API sends its traces. Pure.

States, contents and workspaces are open sets. Texts come from the service: sanitize them at output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from usageline.usage.values import Body, epoch, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable

ENABLED, DISABLED = "enabled", "disabled"
MAX_NAME = 200
MAX_URL = 2048


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination. Times are in epoch seconds, None if there is none.

    state       enabled, disabled, or a new word; `reason` says why it is disabled
    content     metadata_only, content, or a new word; "" if it gets no traces
    workspaces  all, include, exclude, or a new word
    """

    key: str
    name: str
    endpoint: str
    state: str
    reason: str
    content: str
    workspaces: str
    succeeded_at: int | None
    failed_at: int | None
    error: str

    @property
    def is_failing(self) -> bool:
        """Return whether the last delivery failed."""
        return self.failed_at is not None and self.failed_at > (self.succeeded_at or 0)


def read_destinations(rows: Iterable[object]) -> list[Destination]:
    """Return the destinations, in order."""
    return [_destination(row) for row in rows if isinstance(row, dict)]


def _destination(row: Body) -> Destination:
    traces, state = mapping(row.get("traces")), mapping(row.get("state"))
    health = mapping(row.get("delivery_health"))
    key = text(row.get("id"), MAX_NAME) or ""
    return Destination(
        key,
        text(row.get("display_name"), MAX_NAME) or key,
        _address(traces.get("endpoint_url")) or _address(row.get("endpoint_url")),
        text(state.get("type")) or "unknown",
        text(mapping(state.get("reason")).get("type")) or "",
        "" if traces.get("enabled") is False else text(traces.get("content_mode")) or "unknown",
        text(mapping(row.get("workspaces")).get("type")) or "unknown",
        epoch(health.get("last_success_at")),
        epoch(health.get("last_error_at")),
        text(health.get("last_error"), MAX_NAME) or "",
    )


def _address(value: object) -> str:
    """Return scheme, host and path. A password or a query in an address may be a secret."""
    url = text(value, MAX_URL)
    if url is None:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
