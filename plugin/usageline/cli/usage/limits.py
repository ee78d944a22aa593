"""The plan's limits beside the cost: usage by 5-hour window, and what one percent is worth.

The windows are the real ones if they are known, else estimated ones.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from usageline.cli.usage.result import amount, dollars
from usageline.core import json_file
from usageline.core.formatting import utc_time
from usageline.core.windows import moment, percent
from usageline.storage.usage_index.queries import Row
from usageline.storage.usage_index.selection import Range, cost_of_account
from usageline.system import light_json
from usageline.system.paths import Paths
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.worth import Window

READINGS_S = 21 * 86400
"""Three weeks, so that the price of a percent follows the plan and the models."""

FRESH_S = 3600
"""Three weeks of readings take long to read: cache the result for this time."""

NAMES = {"weekly_all": "the week", "session": "the 5-hour window"}
MAX_WORTH = 10**18

WINDOW_MS = 5 * 3_600_000
FIRST_MS = -(1 << 62)
ESTIMATED = " estimated"
"""Behind the start of a window that no reading reported."""

QUERY = """
SELECT at, s.name, p.name, m.name, r.input, r.output, r.write_5m, r.write_1h, r.read, r.searches, 1,
       coalesce(r.cost, 0), NOT r.finished, r.cost IS NULL
FROM responses r JOIN names p ON p.id = r.project JOIN names m ON m.id = r.model
JOIN names s ON s.id = r.session ORDER BY at
"""


# tried by: snapshot
def sentences(index: Index, env: Mapping[str, str]) -> list[str]:
    """Return what one percent of each limit costs, if the readings suffice."""
    paths, now = Paths(env), time.time()
    snapshot = json_file.json_file(paths.snapshot) or {}
    account = snapshot.get("account")
    if not isinstance(account, str):
        return []
    worths = _remembered(index, account, now)
    if worths is None:
        worths = _worths(index, paths, account, now)
        with contextlib.suppress(sqlite3.Error):
            index.set_meta("worth", light_json.dumps([account, int(now), worths]))
    used = _used(snapshot, now)
    return [
        _sentence(name, worths[kind], used.get(kind))
        for kind, name in NAMES.items()
        if kind in worths
    ]


# tried by: tests/cli
def _remembered(index: Index, account: str, now: float) -> dict[str, int] | None:
    """Return the picodollars of a percent by kind, None if nothing fresh is remembered."""
    try:
        known, at, worths = light_json.loads(index.meta().get("worth", ""))
        is_fresh = known == account and 0 <= now - at < FRESH_S
        values = {
            kind: worth
            for kind, worth in worths.items()
            if type(worth) is int and 0 < worth < MAX_WORTH
        }
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return values if is_fresh else None


def _worths(index: Index, paths: Paths, account: str, now: float) -> dict[str, int]:
    from usageline.storage import history  # noqa: PLC0415 - seldom
    from usageline.usage.local.worth import windows, worth  # noqa: PLC0415 - as above

    readings = history.load(paths, account, now - READINGS_S)
    worths = {
        kind: worth(
            windows(readings, kind),
            lambda start, end: cost_of_account(index, account, start * 1000, end * 1000),
        )
        for kind in NAMES
    }
    return {kind: each for kind, each in worths.items() if each}


def _used(snapshot: Mapping[str, Any], now: float) -> dict[str, float]:
    """Return the percentage of each kind of limit whose window is open."""
    limits = snapshot.get("limits")
    used = {}
    for limit in limits if isinstance(limits, list) else ():
        if isinstance(limit, dict) and limit.get("kind") in NAMES:
            reset, share = moment(limit.get("resets_at")), percent(limit.get("percent"))
            if share and reset is not None and now < reset:
                used[limit["kind"]] = share
    return used


def _sentence(name: str, worth: int, used: float | None) -> str:
    # Less than ten cents would lose its digits.
    price = amount(worth) if worth >= PICO // 10 else f"${dollars(worth, 4)}"
    text = f"1% of {name} ≈ {price}"
    if used:
        text += f" · {used:.0f}% used ≈ {amount(round(worth * used))}"
    return f"{text} · 100% ≈ {amount(worth * 100)}"


def by_window(
    index: Index, env: Mapping[str, str] | None, chosen: Range
) -> tuple[list[Row], Row, dict[str, int]]:
    """Return the rows by window, their total, and the percentages of the limit that are known.

    Without `env` every window is estimated.
    """
    from bisect import bisect_right  # noqa: PLC0415 - as above

    known = _known_windows(Paths(env)) if env is not None else []
    starts = [window.start * 1000 for window in known]
    rows: dict[str, Row] = {}
    total = Row("total")
    estimated_end, key = FIRST_MS, ""
    for at, session, project, model, *values in index.connection.execute(QUERY):
        position = bisect_right(starts, at) - 1
        if position >= 0 and at < starts[position] + WINDOW_MS:
            name = utc_time(starts[position] / 1000)
        else:
            if at >= estimated_end:
                # The service begins a window at the full hour of its first message.
                start = at // 3_600_000 * 3_600_000
                estimated_end, key = start + WINDOW_MS, utc_time(start / 1000) + ESTIMATED
            name = key
        if not _is_chosen(chosen, at, session, project, model):
            continue
        rows.setdefault(name, Row(name)).add(tuple(values), model)
        total.add(tuple(values), model)
    percents = {utc_time(window.start): int(window.percent) for window in known}
    return (
        [rows[name] for name in sorted(rows)],
        total,
        {name: percents[name] for name in rows if name in percents},
    )


# tried by: snapshot
def _known_windows(paths: Paths) -> list[Window]:
    """Return the 5-hour windows of the kept readings, in order."""
    from usageline.storage import history  # noqa: PLC0415 - as above
    from usageline.usage.local.worth import windows  # noqa: PLC0415 - as above

    account = (json_file.json_file(paths.snapshot) or {}).get("account")
    if not isinstance(account, str):
        return []
    return windows(history.load(paths, account, 0, now=4e9), "session")


def _is_chosen(chosen: Range, at: int, session: str, project: str, model: str) -> bool:
    day = datetime.fromtimestamp(at / 1000, chosen.zone).date()
    return (
        (chosen.since is None or day >= chosen.since)
        and (chosen.until is None or day <= chosen.until)
        and (chosen.sessions is None or session in chosen.sessions)
        and chosen.includes(project, model)
    )
