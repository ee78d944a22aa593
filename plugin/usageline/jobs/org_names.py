"""Look up the names of workspaces, keys, groups and people that a report has only by id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.sources.org.adapter import BASE
from usageline.sources.org.errors import REFUSED, OrgFailure
from usageline.usage.org import records
from usageline.usage.org.model import USER
from usageline.usage.org.records import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.org.client import OrgClient
    from usageline.storage.org_cache import OrgCache
    from usageline.usage.org.model import Report, Row

PERSON = "person"
LISTS = {
    PERSON: (f"{BASE}/users", (("limit", "1000"),)),
    "workspace": (f"{BASE}/workspaces", (("include_archived", "true"), ("limit", "1000"))),
    "key": (f"{BASE}/api_keys", (("limit", "1000"),)),
    "group": (f"{BASE}/rbac_groups", (("limit", "1000"),)),
}
"""The list for each way to group that needs one."""


def with_names(report: Report, client: OrgClient, cache: OrgCache, now: float) -> Report:
    """Return the report with the names that the key may read. It raises nothing."""
    if report.by not in LISTS or report.is_anonymous or not any(map(_lacks_name, report.rows)):
        return report
    names = names_of(report.by, client, cache, now)
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


def names_of(by: str, client: OrgClient, cache: OrgCache, now: float) -> Mapping[str, str]:
    """Return the names by id, those of people also by address, as far as the key may read them.

    It raises nothing.
    """
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
                name = records.text(row.get("name"))
                # The older reports have only the address of a person.
                keys = map(records.text, (row.get("id"), row.get("email")))
                names |= {key: name for key in keys if key is not None and name is not None}
    except OrgFailure as failure:
        return {} if failure.status in REFUSED else None
    except Malformed:
        return {}
    return names
