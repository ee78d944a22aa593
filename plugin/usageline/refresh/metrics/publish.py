"""Collect the samples of this user's accounts, and export them to the text file and the collector.

They are from what is on disk: no request is sent. An export may fail; it neither delays a prompt
nor ends a refresh. The next refresh repeats it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.core.errors import CacheUnsafe, UsagelineError, error_text
from usageline.storage import snapshot, textfiles
from usageline.system import origin
from usageline.usage.metric_samples import samples, steady

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.config.loader import Metrics
    from usageline.storage.usage_index.queries import Row
    from usageline.system.paths import Paths
    from usageline.usage.metric_samples import Sample

UNKNOWN_DIRECTORY = "the directories are not those of an install"


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


def publish(settings: Metrics, env: Mapping[str, str], now: float) -> list[str]:
    """Export the samples at `now`. Return why each export failed, [] if none did.

    Without a text file in `settings`, remove that of an earlier configuration.
    """
    paths = origin.own_paths(env)
    if paths is None:
        return [UNKNOWN_DIRECTORY]
    if not settings.textfile:
        textfiles.remove_all(paths)
    listed = collect(paths, now, remember=True) if settings.is_configured else []
    failures = []
    if settings.textfile:
        failures.append(_to_textfile(settings.textfile, listed, paths))
    if settings.otlp:
        failures.append(_to_collector(settings, listed, paths, env))
    return [failure for failure in failures if failure]


def _local_usage(paths: Paths, now: float) -> tuple[int, dict[str, Row]]:
    """Return when the counters began, and the sums of each model since."""
    try:
        from usageline.storage.usage_index import totals  # noqa: PLC0415 - some have no sqlite3
    except ImportError:
        return 0, {}
    return totals.year_start(now), totals.since_new_year(paths.usage_dir, now)


def _to_textfile(configured: str, listed: Sequence[Sample], paths: Paths) -> str:
    """Write the text file. Return "" or why that failed."""
    path = textfiles.place(configured)
    try:
        from usageline.refresh.metrics.text import prometheus  # noqa: PLC0415 - a library

        # An uninstall removes the file once, maybe before this.
        textfiles.write(paths, path, prometheus(listed), lambda: os.path.exists(__file__))
    except ImportError as error:
        return f"textfile: {error}, so install it again"
    except (OSError, CacheUnsafe) as error:
        return f"textfile: {path}: {_reason(error)}"
    return ""


def _to_collector(
    settings: Metrics, listed: Sequence[Sample], paths: Paths, env: Mapping[str, str]
) -> str:
    """Send the samples. Return "" or why that failed."""
    from usageline.refresh.metrics import otlp  # noqa: PLC0415 - only if configured

    try:
        own = otlp.read_headers(settings.headers_file) if settings.headers_file else {}
        otlp.send(listed, settings.otlp or "", own, textfiles.instance(paths), env)
    except (UsagelineError, OSError) as error:
        return f"otlp: {_reason(error)}"
    return ""


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UsagelineError) else error_text(error)
