"""Read the published snapshots of all profiles."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from usageline.core.json_file import json_file
from usageline.core.paths import SNAPSHOT_VERSION
from usageline.core.windows import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.system.paths import Paths

PROFILE_KEY = re.compile(r"default|[0-9a-f]{16}", re.ASCII)
MAX_PROFILES = 32


def profile_keys(paths: Paths) -> list[str]:
    """Return the names of the profiles' cache directories, the current profile first."""
    own = paths.profile
    try:
        names = sorted(os.listdir(os.path.dirname(paths.cache_dir)))
    except OSError:
        return []
    keys = [name for name in names if PROFILE_KEY.fullmatch(name) and name != own]
    return [*([own] if own in names else []), *keys[:MAX_PROFILES]]


# tried by: snapshot
def snapshot_of(paths: Paths, key: str) -> dict[str, Any] | None:
    """Return the snapshot of a profile by its key, None without a usable one."""
    cache = os.path.dirname(paths.cache_dir)
    snapshot = json_file(f"{cache}/{key}/snapshot.json")
    if snapshot is None or snapshot.get("version") != SNAPSHOT_VERSION:
        return None
    return snapshot


def of_accounts(paths: Paths) -> list[dict[str, Any]]:
    """Return one snapshot of each account, that of the profile with the newest numbers."""
    read = (snapshot_of(paths, key) for key in profile_keys(paths))
    return newest([snapshot for snapshot in read if snapshot is not None])


def newest(snapshots: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of `snapshots` that are the newest of their account, in their order."""
    by_account: dict[str, dict[str, Any]] = {}
    for snapshot in snapshots:
        account = snapshot.get("account")
        key = account if isinstance(account, str) else ""
        other = by_account.get(key)
        if other is None or _times(snapshot) > _times(other):
            by_account[key] = snapshot
    return list(by_account.values())


def _times(snapshot: dict[str, Any]) -> tuple[float, float]:
    return moment(snapshot.get("observed_at")) or 0, moment(snapshot.get("published_at")) or 0
