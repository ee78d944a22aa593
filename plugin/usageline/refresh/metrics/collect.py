"""Collect the samples of this user's accounts from what is on disk. Nothing is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline import __version__
from usageline.storage import published
from usageline.usage.metrics.values import samples

if TYPE_CHECKING:
    from usageline.storage.usage_index.queries import Row
    from usageline.system.paths import Paths
    from usageline.usage.metrics.values import Sample


def collect(paths: Paths, now: float) -> list[Sample]:
    """Return the samples of all profiles' snapshots and of the local usage, [] without either."""
    snapshots, local = published.of_accounts(paths), _local_usage(paths, now)
    return samples(snapshots, local, __version__, now) if snapshots or local else []


def _local_usage(paths: Paths, now: float) -> dict[str, Row]:
    try:
        from usageline.storage.usage_index import totals  # noqa: PLC0415 - some have no sqlite3
    except ImportError:
        return {}
    return totals.since_new_year(paths.usage_dir, now)
