"""Look up the names of workspaces, keys and groups: the reports have only their ids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.sources.org.adapter import BASE
from usageline.sources.org.errors import NOT_THERE, NOT_WITH_THIS_KEY, OrgFailure
from usageline.usage.org import records
from usageline.usage.org.records import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.org.client import OrgClient
    from usageline.storage.org_cache import OrgCache
    from usageline.usage.org.model import Report

LISTS = {
    "workspace": (f"{BASE}/workspaces", (("include_archived", "true"), ("limit", "1000"))),
    "key": (f"{BASE}/api_keys", (("limit", "1000"),)),
    "group": (f"{BASE}/rbac_groups", (("limit", "1000"),)),
}
"""The list for each way to group that needs one."""


def with_names(report: Report, client: OrgClient, cache: OrgCache, now: float) -> Report:
    """Return the report with the names that the key may read. It raises nothing."""
    ids = {row.key for row in report.rows if row.name is None}
    if report.by not in LISTS or report.is_anonymous or not ids:
        return report
    names = names_of(report.by, client, cache, now)
    rows = (
        row if row.name is not None else replace(row, name=names.get(row.key))
        for row in report.rows
    )
    return replace(report, rows=tuple(rows))


def names_of(by: str, client: OrgClient, cache: OrgCache, now: float) -> Mapping[str, str]:
    """Return the names by id, as far as the key may read them. It raises nothing."""
    names = cache.names(by, now)
    if names is None:
        names = _load(by, client)
        if names is None:
            return {}
        cache.set_names(by, names, now)
    return names


def _load(by: str, client: OrgClient) -> dict[str, str] | None:
    """Return the names by id, {} if the key may not read them, None if they cannot be had now."""
    path, params = LISTS[by]
    client.progress(f"loading the names of each {by}")
    names: dict[str, str] = {}
    try:
        for page in client.pages(path, params):
            for row in records.rows(page):
                key, name = records.text(row.get("id")), records.text(row.get("name"))
                if key is not None and name is not None:
                    names[key] = name
    except OrgFailure as failure:
        return {} if failure.status in NOT_THERE | NOT_WITH_THIS_KEY else None
    except Malformed:
        return {}
    return names
