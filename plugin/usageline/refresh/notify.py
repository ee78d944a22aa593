"""Send the alerts of a reading as the user configured them, and forget the marks of old ones."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from usageline.core.alert_text import alert_id, alert_text
from usageline.system import notifier
from usageline.system.notifier import DESKTOP, Means, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.loader import Alerts
    from usageline.system.notifier import Desktop
    from usageline.system.paths import Paths
    from usageline.usage.alerts import Alert

KEEP_SENT_S = 8 * 86400
"""Longer than a weekly window: another account's alerts may come back until then."""


def send(
    alerts: tuple[Alert, ...],
    settings: Alerts,
    env: Mapping[str, str],
    deadline: float,
    desktop: Desktop = DESKTOP,
) -> list[str]:
    """Send `alerts` by `deadline` (`time.monotonic()`); return why each notifier failed."""
    means = Means(settings.desktop, settings.command)
    return notifier.send(messages(alerts, time.time()), means, env, deadline, desktop)


def messages(alerts: tuple[Alert, ...], now: float) -> list[Message]:
    """Return what to notify of."""
    return [_message(alert, alert_text(asdict(alert), now)) for alert in alerts]


def _message(alert: Alert, text: str) -> Message:
    values = {
        "KIND": alert.kind,
        "LABEL": alert.label,
        "THRESHOLD": str(alert.threshold),
        "PERCENT": str(int(alert.percent)),
        "RESETS_AT": "" if alert.resets_at is None else str(alert.resets_at),
        "TEXT": text,
    }
    return Message(text, {"USAGELINE_ALERT_" + name: value for name, value in values.items()})


def prune_sent(paths: Paths, alerts: tuple[Alert, ...], now: float) -> None:
    """Remove the marks of alerts that sessions showed more than KEEP_SENT_S ago.

    Keep those of `alerts`, whose windows may be longer, and what cannot be removed.
    """
    current = {alert_id(asdict(alert)) for alert in alerts}
    with contextlib.suppress(OSError), os.scandir(paths.shown_alerts_dir) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # a directory with such a name: remove the others
                if (
                    entry.name not in current
                    and entry.stat(follow_symlinks=False).st_mtime < now - KEEP_SENT_S
                ):
                    os.unlink(entry.path)
