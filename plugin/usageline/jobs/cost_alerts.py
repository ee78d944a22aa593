"""Alert the user if the cost of the day or month reaches a configured amount, once for each."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from usageline.core.alert_text import alert_text
from usageline.core.formatting import utc_time
from usageline.storage import cost_alerts as storage
from usageline.storage import refresh_log
from usageline.storage.snapshot import ALERT_PLACES
from usageline.storage.usage_index.queries import Row, quarters
from usageline.system import notifier
from usageline.system.notifier import DESKTOP, Means, Message
from usageline.usage.local.cost_alerts import MICRO, CostAlert, Period, current, evaluate
from usageline.usage.local.prices import PICO
from usageline.usage.local.windows import local_day, local_month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.config.loader import Alerts
    from usageline.storage.usage_index.database import Index
    from usageline.system.notifier import Desktop
    from usageline.system.paths import Paths

MAX_NOTE = 200
TIMES = {"cost_day": (local_day, "%Y-%m-%d"), "cost_month": (local_month, "%Y-%m")}
"""Of each kind, when its period begins and ends, and how the period is named."""


def update(
    paths: Paths, alerts: Alerts, index: Index, now: float
) -> tuple[tuple[CostAlert, ...], tuple[dict[str, Any], ...]]:
    """Evaluate the configured amounts, and remember what is to be sent.

    Return that, and the rows for the status line. An alert that cannot be remembered is
    not sent: each job would send it again.
    """
    periods = _periods(alerts, index, now)
    sent = storage.load(paths)
    new, remembered = evaluate(periods, sent, now)
    if new and not storage.save(paths, remembered):
        new, remembered = (), sent
    places = {place: getattr(alerts, place) for place in ALERT_PLACES}
    rows = ({**alert.as_row(), **places} for alert in current(periods, remembered))
    return new, tuple(rows)


def send(
    raised: Sequence[CostAlert],
    alerts: Alerts,
    env: Mapping[str, str],
    paths: Paths,
    desktop: Desktop = DESKTOP,
) -> None:
    """Notify the user, and record in the log of the refreshes how that ended."""
    began = time.monotonic()
    means = Means(alerts.desktop, alerts.command)
    messages = [_message(alert, time.time()) for alert in raised]
    failures = notifier.send(messages, means, env, began + notifier.TIMEOUT_S, desktop)
    notes = [f"sent: {message.text}"[:MAX_NOTE] for message in messages]
    notes += [f"not sent by {failure}"[:MAX_NOTE] for failure in failures[:2]]
    entry = {
        "at": utc_time(time.time()),
        "by": "job",
        "why": "the cost of local usage",
        "ended": "failed" if failures else "alerted",
        "ms": round((time.monotonic() - began) * 1000),
        "notes": notes,
    }
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    refresh_log.append(paths, line + b"\n")


def _periods(alerts: Alerts, index: Index, now: float) -> list[Period]:
    periods = []
    for kind, (times, name) in TIMES.items():
        amount = round(getattr(alerts, kind) * MICRO)
        if not amount:
            continue
        first, end = times(now)
        row = Row(kind)
        for _, model, values in quarters(index, first, end):
            row.add(values, model)
        periods.append(
            Period(
                kind,
                time.strftime(name, time.localtime(first)),
                end,
                amount,
                row.cost * MICRO // PICO,
                bool(row.unfinished),
                sum(row.unpriced.values()),
            )
        )
    return periods


def _message(alert: CostAlert, now: float) -> Message:
    row = alert.as_row()
    text = alert_text(row, now)
    values = {
        "KIND": alert.kind,
        "LABEL": alert.name,
        "THRESHOLD": f"{row['threshold']:g}",
        "PERCENT": str(int(row["percent"])),
        "RESETS_AT": str(alert.ends_at),
        "COST": f"{row['cost']:.2f}",
        "TEXT": text,
    }
    return Message(text, {"USAGELINE_ALERT_" + name: value for name, value in values.items()})
