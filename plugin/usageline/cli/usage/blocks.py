"""Sum usage by 5-hour window: the real ones if they are known, else estimated ones."""

from __future__ import annotations

import bisect
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from usageline.core import json_file
from usageline.storage import history
from usageline.storage.usage_index.queries import Row
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.storage.usage_index.database import Index
    from usageline.storage.usage_index.queries import Range

WINDOW_MS = 5 * 3_600_000
SAME_MS = 120_000
"""The service reports one reset with a jitter of seconds."""

ESTIMATED = " estimated"
"""Behind the start of a window that no reading reported."""

QUERY = """
SELECT at, p.name, m.name, r.input, r.output, r.write_5m, r.write_1h, r.read, r.searches, 1,
       coalesce(r.cost, 0), NOT r.finished, r.cost IS NULL
FROM responses r JOIN names p ON p.id = r.project JOIN names m ON m.id = r.model ORDER BY at
"""


def sums(index: Index, env: Mapping[str, str] | None, chosen: Range) -> tuple[list[Row], Row]:
    """Return the rows by window, and their total. Without `env` every window is estimated."""
    starts = _known_starts(Paths(env)) if env is not None else []
    rows: dict[str, Row] = {}
    total = Row("total")
    estimated_end, key = 0, ""
    for at, project, model, *values in index.connection.execute(QUERY):
        if not _is_chosen(chosen, at, project, model):
            continue
        position = bisect.bisect_right(starts, at) - 1
        if position >= 0 and at < starts[position] + WINDOW_MS:
            name = _name(starts[position])
        else:
            if at >= estimated_end:
                # The service begins a window at the full hour of its first message.
                start = at // 3_600_000 * 3_600_000
                estimated_end, key = start + WINDOW_MS, _name(start) + ESTIMATED
            name = key
        rows.setdefault(name, Row(name)).add(tuple(values), model)
        total.add(tuple(values), model)
    return [rows[name] for name in sorted(rows)], total


# tried by: snapshot
def _known_starts(paths: Paths) -> list[int]:
    """Return when the 5-hour windows of the kept readings began (epoch ms), in order."""
    snapshot = json_file.json_file(paths.snapshot) or {}
    account = snapshot.get("account")
    if not isinstance(account, str):
        return []
    readings = history.load(paths, account, 0, now=4e9)
    starts: list[int] = []
    for reset in sorted(
        {
            limit.resets_at * 1000
            for reading in readings
            for limit in reading.limits
            if limit.kind == "session" and limit.resets_at
        }
    ):
        if not starts or reset - WINDOW_MS > starts[-1] + SAME_MS:
            starts.append(reset - WINDOW_MS)
    return starts


def _is_chosen(chosen: Range, at: int, project: str, model: str) -> bool:
    day = datetime.fromtimestamp(at / 1000, chosen.zone).date()
    return (
        (chosen.since is None or day >= chosen.since)
        and (chosen.until is None or day <= chosen.until)
        and chosen.includes(project, model)
    )


def _name(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
