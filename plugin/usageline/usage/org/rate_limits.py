"""Read the rate limits that are configured for an organization or a workspace. Pure.

They are what the API allows, and not what is left. Groups and kinds of limits are open sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.usage.values import Body, integer, mapping, text, words

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_VALUE = 10**15
MAX_NAME = 200
MAX_MODELS = 200


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
