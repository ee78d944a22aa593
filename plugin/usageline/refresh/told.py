"""The marks that sessions leave when they tell of an alert: swept here, so that they do not pile up."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.line.session_start import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.alerts import Alert

KEPT_S = 8 * 86400
"""Longer than a week's window: another account's alerts, which are not in the snapshot now, may come back until then."""


def sweep(env: Mapping[str, str], alerts: tuple[Alert, ...], now: float) -> None:
    """Remove marks older than KEPT_S but for those of `alerts`, which may be in windows that are longer. What cannot be removed stays."""
    wanted = {mark(asdict(alert)) for alert in alerts}
    with contextlib.suppress(OSError), os.scandir(paths.told_dir(env)) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # somebody's directory: the others go all the same
                if entry.name not in wanted and entry.stat(follow_symlinks=False).st_mtime < now - KEPT_S:
                    os.unlink(entry.path)
