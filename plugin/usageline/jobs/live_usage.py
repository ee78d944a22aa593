"""Publish today's cost, and that of the current 5-hour window, for the status line."""

from __future__ import annotations

import contextlib
import os
import time

from usageline.config import local
from usageline.core import jobs, json_file
from usageline.core.errors import UsagelineError
from usageline.core.jobs import LOCAL, LOCAL_KEY, LOCAL_VERSION, MAX_LOCAL_BYTES
from usageline.core.windows import moment
from usageline.jobs import local_usage
from usageline.storage import job_results
from usageline.storage.usage_index.queries import activity, next_at, span
from usageline.system import origin
from usageline.system.paths import Paths
from usageline.usage.local.prices import PICO
from usageline.usage.local.windows import (
    RATE_S,
    estimated_window,
    local_day,
    per_hour,
    reported_window,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from usageline.config.loader import Alerts
    from usageline.storage.usage_index.database import Index
    from usageline.storage.usage_index.queries import Row
    from usageline.usage.local.cost_alerts import CostAlert
    from usageline.usage.local.windows import Window

NICENESS = 19
"""A first build reads gigabytes: the user's own work goes first."""

ESTIMATE_FROM_S = 7 * 86400
"""How far back to look for the first response of an estimated window."""

MICRO = PICO // 10**6

FULL_INTERVAL_S = 300
"""Between two looks at all directories: other sessions may have run outside a terminal."""

RECENT_S = 600
"""How long a session is looked at after a line has named its transcript."""

MAX_SESSIONS = 6
MAX_PATH = 500
"""Bytes of a transcript's path. All of them must fit into the result, even with escapes."""


def run(env: Mapping[str, str], transcript: str = "") -> None:
    """Read what is new in the transcripts, and publish the sums or that they cannot be kept.

    With a session's own `transcript`, look mostly at it and at those of other recent runs alone.

    Do nothing if another process runs this job, or if the environment names directories that are
    not the recorded ones. A project's made-up transcripts must not get into the index.
    """
    own = origin.own(env)
    if own is None or not own.claude_dir:
        return
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    paths = Paths(env)
    alerts = local.load_cost_alerts(env)
    raised: list[CostAlert] = []
    try:
        with job_results.lock(paths, LOCAL, LOCAL_KEY) as is_free:
            if is_free:
                _publish(env, paths, transcript, alerts, raised)
    finally:
        # After the lock is released, and even if the result could not be written.
        if raised and alerts:
            from usageline.jobs.cost_alerts import send  # noqa: PLC0415 - seldom

            send(raised, alerts, env, paths)


def _publish(
    env: Mapping[str, str],
    paths: Paths,
    transcript: str,
    alerts: Alerts | None,
    raised: list[CostAlert],
) -> None:
    """Write the result, and add the alerts to send to `raised`."""
    # Taken before the transcripts are read, so that a change meanwhile triggers another job.
    now, began = time.time(), time.monotonic()
    value: dict[str, Any] = {"failed": True}
    previous = jobs.result(env, LOCAL, LOCAL_KEY, MAX_LOCAL_BYTES) or {}
    listed_at = moment(previous.get("listed_at")) or 0
    sessions = recent_sessions(previous.get("sessions"), transcript, now)
    is_live = transcript in sessions and 0 <= now - listed_at < FULL_INTERVAL_S
    with (
        contextlib.suppress(UsagelineError),
        local_usage.updated(env, live=[*sessions] if is_live else ()) as (index, report),
    ):
        value = summary(index, _session_reset(paths), now)
        value["listed_at"] = now if report.is_full else listed_at
        value["sessions"] = sessions
        if alerts:
            from usageline.jobs.cost_alerts import update  # noqa: PLC0415 - only if configured

            new, value["alerts"] = update(paths, alerts, index, now)
            raised += new
    if not os.path.exists(__file__):
        return  # uninstalled meanwhile: a result would stay behind
    took_s = round(time.monotonic() - began, 3)
    job_results.write(
        paths,
        LOCAL,
        LOCAL_KEY,
        {"version": LOCAL_VERSION, "at": now, **value, "took_s": took_s},
    )


def recent_sessions(known: object, transcript: str, now: float) -> dict[str, float]:
    """Return the transcripts to look at, with the times at which a line last named them.

    `known` are those of the last result, unchecked, and `transcript` is that of this run, or "".
    """
    times = {transcript: now}
    for path, at in known.items() if isinstance(known, dict) else ():
        named_at = moment(at)
        if named_at is not None and 0 <= now - named_at < RECENT_S:
            times.setdefault(path, named_at)
    times = {
        path: at
        for path, at in times.items()
        if 0 < len(path.encode("utf-8", "surrogatepass")) <= MAX_PATH
    }
    latest = sorted(times, key=times.__getitem__, reverse=True)
    return {path: times[path] for path in latest[:MAX_SESSIONS]}


def summary(index: Index, reset_at: float | None, now: float) -> dict[str, Any]:
    """Return the sums of today, and of the 5-hour window that is open at `now`.

    `reset_at` is the reset of the session limit, or None.
    """
    first, midnight = local_day(now)
    value: dict[str, Any] = {
        "from": first,
        "midnight": midnight,
        "today": _values(span(index, first * 1000, midnight * 1000)),
    }
    now_ms = int(now * 1000) + 1
    window = reported_window(reset_at, now) or estimated_window(
        lambda from_ms: next_at(index, from_ms, now_ms), now - ESTIMATE_FROM_S, now
    )
    if window is not None:
        value["block"] = _block(index, window, now_ms)
    return value


def _block(index: Index, window: Window, now_ms: int) -> dict[str, Any]:
    start_ms = window.start * 1000
    block: dict[str, Any] = {
        "from": window.start,
        "to": window.end,
        "estimated": window.estimated,
        **_values(span(index, start_ms, now_ms)),
    }
    whole = activity(index, start_ms, now_ms)
    if whole is None:
        return block
    since_ms = max(start_ms, whole[1] - RATE_S * 1000)
    first_ms, last_ms = activity(index, since_ms, now_ms) or whole
    row = span(index, since_ms, now_ms)
    block["rate"] = {
        **_values(row),
        "cost_micro": per_hour(row.cost, first_ms, last_ms) // MICRO,
        "tokens": per_hour(row.tokens, first_ms, last_ms),
        "until": min(last_ms // 1000 + RATE_S, window.end),
    }
    return block


def _values(row: Row) -> dict[str, Any]:
    return {
        "cost_micro": (row.cost + MICRO // 2) // MICRO,
        "tokens": row.tokens,
        "at_least": bool(row.unfinished),
        "unpriced": sum(row.unpriced.values()),
    }


# tried by: snapshot
def _session_reset(paths: Paths) -> float | None:
    """Return the reset of the session limit in the snapshot, or None."""
    limits = (json_file.json_file(paths.snapshot) or {}).get("limits")
    for limit in limits if isinstance(limits, list) else ():
        if isinstance(limit, dict) and limit.get("kind") == "session":
            return moment(limit.get("resets_at"))
    return None
