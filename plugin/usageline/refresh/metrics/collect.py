"""Collect the samples of this user's accounts from what is on disk. No request is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline import __version__
from usageline.storage import snapshot
from usageline.usage.metrics.values import samples, steady

if TYPE_CHECKING:
    from usageline.storage.usage_index.queries import Row
    from usageline.system.paths import Paths
    from usageline.usage.metrics.values import Sample


def collect(paths: Paths, now: float, *, remember: bool = False) -> list[Sample]:
    """Return the samples of all profiles' snapshots and of the local usage, [] without either.

    `remember` the counters for the next export: only a refresh writes files.
    """
    snapshots = snapshot.of_accounts(paths)
    since, local = _local_usage(paths, now)
    if not snapshots and not local:
        return []
    listed = samples(snapshots, local, __version__, now)
    if not local:
        return listed
    from usageline.storage.usage_index import totals  # noqa: PLC0415 - as below

    highest = totals.load_counters(paths, since)
    before = dict(highest)
    listed = steady(listed, highest)
    if remember and highest != before:
        totals.save_counters(paths, since, highest)
    return listed


def _local_usage(paths: Paths, now: float) -> tuple[int, dict[str, Row]]:
    """Return when the counters began, and the sums of each model since."""
    try:
        from usageline.storage.usage_index import totals  # noqa: PLC0415 - some have no sqlite3
    except ImportError:
        return 0, {}
    return totals.year_start(now), totals.since_new_year(paths.usage_dir, now)
