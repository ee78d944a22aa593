"""Export what a refresh has published, to the text file and to the collector.

An export may fail; it neither delays a prompt nor ends a refresh. The next refresh repeats it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnsafe, UsagelineError, error_text
from usageline.refresh.metrics.collect import collect
from usageline.storage import textfiles
from usageline.system import origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.config.loader import Metrics
    from usageline.system.paths import Paths
    from usageline.usage.metrics.values import Sample

UNKNOWN_DIRECTORY = "the directories are not those of an install"


def publish(settings: Metrics, env: Mapping[str, str], now: float) -> list[str]:
    """Export the samples at `now`. Return why each export failed, [] if none did.

    Without a text file in `settings`, remove that of an earlier configuration.
    """
    paths = origin.own_paths(env)
    if paths is None:
        return [UNKNOWN_DIRECTORY]
    if not settings.textfile:
        textfiles.remove_all(paths)
    samples = collect(paths, now, remember=True) if settings.is_configured else []
    failures = []
    if settings.textfile:
        failures.append(_to_textfile(settings.textfile, samples, paths))
    if settings.otlp:
        failures.append(_to_collector(settings, samples, paths, env))
    return [failure for failure in failures if failure]


def _to_textfile(configured: str, samples: Sequence[Sample], paths: Paths) -> str:
    """Write the text file. Return "" or why that failed."""
    path = textfiles.place(configured)
    try:
        from usageline.refresh.metrics.text import prometheus  # noqa: PLC0415 - a library

        textfiles.write(paths, path, prometheus(samples), _is_installed)
    except ImportError as error:
        return f"textfile: {error}, so install it again"
    except (OSError, CacheUnsafe) as error:
        return f"textfile: {path}: {_reason(error)}"
    return ""


def _to_collector(
    settings: Metrics, samples: Sequence[Sample], paths: Paths, env: Mapping[str, str]
) -> str:
    """Send the samples. Return "" or why that failed."""
    from usageline.refresh.metrics import headers, otlp  # noqa: PLC0415 - only if configured

    try:
        own = headers.read(settings.headers_file) if settings.headers_file else {}
        otlp.send(samples, settings.otlp or "", own, textfiles.instance(paths), env)
    except (UsagelineError, OSError) as error:
        return f"otlp: {_reason(error)}"
    return ""


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UsagelineError) else error_text(error)


def _is_installed() -> bool:
    """Return False if an uninstall has removed the program meanwhile: it removes the file once."""
    return os.path.exists(__file__)
