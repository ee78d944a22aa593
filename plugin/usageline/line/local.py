"""Read the cost of the user's own transcripts from its background job."""

from __future__ import annotations

from usageline.core import jobs
from usageline.core.jobs import LOCAL, LOCAL_KEY, LOCAL_VERSION, MAX_LOCAL_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

INTERVAL_S = 30
"""The minimum interval between two jobs."""

IDLE_S = 120
"""The same while this session has no answer: others may have some."""

MAX_NUMBER = 10**15
MAX_ALERTS = 4
ALERT_KINDS = ("cost_day", "cost_month")
NOTHING = {"cost": 0.0, "tokens": 0, "at_least": False, "unpriced": 0}


def read(
    env: Mapping[str, str], now: float, answered_at: float | None
) -> tuple[dict[str, Any], bool]:
    """Return what the segments show, and whether this run should start the job.

    `answered_at` is the time of the session's last answer, or None.
    """
    result = jobs.result(env, LOCAL, LOCAL_KEY, MAX_LOCAL_BYTES) or {}
    if result.get("version") != LOCAL_VERSION:
        result = {}
    at, rest_s = jobs.times(result)
    interval_s = max(INTERVAL_S, rest_s)
    is_idle = answered_at is None or answered_at <= at
    is_fresh = jobs.is_fresh(at, now, max(IDLE_S, rest_s) if is_idle else interval_s)
    is_due = not is_fresh and jobs.claim(env, LOCAL, LOCAL_KEY, now, interval_s)
    return current(result, now), is_due


def current(result: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return what of a result holds at `now`: `today` and `rate`, or `failed`.

    Each has `cost` in dollars, `tokens`, `at_least` and `unpriced`. All values are checked.
    `alerts` has those of the day and month, as the snapshot has others.
    """
    if result.get("failed") is True:
        return {"failed": True}
    usage: dict[str, Any] = {}
    alerts = _alerts(result.get("alerts"), now)
    if alerts:
        usage["alerts"] = alerts
    today, midnight = _sums(result.get("today")), jobs.number(result.get("midnight"))
    if today and jobs.number(result.get("from")) <= now:
        usage["today"] = today if now < midnight else NOTHING
    block = result.get("block")
    rate: Any = block.get("rate") if isinstance(block, dict) else None
    sums = _sums(rate)
    if sums and now < jobs.number(rate.get("until")):
        usage["rate"] = sums
    return usage


def _alerts(rows: Any, now: float) -> list[dict[str, Any]]:
    """Return the alerts whose period has not ended. The segment checks the rest of them."""
    return [
        row
        for row in (rows[:MAX_ALERTS] if isinstance(rows, list) else ())
        if isinstance(row, dict)
        and row.get("kind") in ALERT_KINDS
        and now < jobs.number(row.get("resets_at"))
    ]


def _sums(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    cost: Any = value.get("cost_micro")
    tokens, unpriced = value.get("tokens"), value.get("unpriced")
    if not _is_count(cost) or not _is_count(tokens):
        return None
    return {
        "cost": cost / 1_000_000,
        "tokens": tokens,
        "at_least": value.get("at_least") is True,
        "unpriced": unpriced if _is_count(unpriced) else 0,
    }


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_NUMBER
