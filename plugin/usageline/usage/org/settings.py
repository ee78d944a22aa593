"""Read what an organization has configured: rate limits, and where the API sends its traces. Pure.

Rate limits are what the API allows, and not what is left. Groups, kinds of limits, states, contents
and workspaces are open sets. Texts come from the service: sanitize them at output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from usageline.usage.values import Body, epoch, integer, mapping, text, words

if TYPE_CHECKING:
    from collections.abc import Iterable

ENABLED, DISABLED = "enabled", "disabled"
MAX_NAME = 200
MAX_VALUE = 10**15
MAX_MODELS = 200
MAX_URL = 2048


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One limit of a group of models, or of another group such as batches.

    `value` is None if it cannot be read. `whole` is the organization's value beside a workspace's
    own, and `source` which of the two applies; both are empty in an organization's list.
    """

    group: str
    group_type: str
    models: tuple[str, ...]
    kind: str
    value: int | None
    whole: int | None = None
    source: str = ""


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


def read_rate_limits(rows: Iterable[object]) -> list[RateLimit]:
    """Return a limit for each value of the rows, in order."""
    return [limit for row in rows if isinstance(row, dict) for limit in _limits(row)]


def _limits(row: Body) -> list[RateLimit]:
    group = mapping(row.get("group"))
    # Until August 2026 the type stood in the row itself.
    group_type = text(group.get("type")) or text(row.get("group_type")) or "unknown"
    models = (text(model, MAX_NAME) for model in _list(row.get("models"))[:MAX_MODELS])
    named = tuple(filter(None, models))
    name = text(group.get("display_name"), MAX_NAME) or words(group_type)
    return [
        RateLimit(
            name,
            group_type,
            named,
            text(limit.get("type")) or "unknown",
            integer(limit.get("value"), 0, MAX_VALUE),
            integer(limit.get("org_limit"), 0, MAX_VALUE),
            text(mapping(limit.get("source")).get("type")) or "",
        )
        for limit in map(mapping, _list(row.get("limits")))
        if limit
    ]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


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
