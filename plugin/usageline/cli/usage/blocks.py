"""Sum usage by 5-hour window: the real ones if they are known, else estimated ones."""

from __future__ import annotations

import bisect
from datetime import datetime
from typing import TYPE_CHECKING

from usageline.core import json_file
from usageline.core.formatting import utc_time
from usageline.storage import history
from usageline.storage.usage_index.queries import Row
from usageline.system.paths import Paths
from usageline.usage.local.worth import Window, windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.storage.usage_index.database import Index
    from usageline.storage.usage_index.selection import Range

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


def sums(
    index: Index, env: Mapping[str, str] | None, chosen: Range
) -> tuple[list[Row], Row, dict[str, int]]:
    """Return the rows by window, their total, and the percentages of the limit that are known.

    Without `env` every window is estimated.
    """
    known = _known_windows(Paths(env)) if env is not None else []
    starts = [window.start * 1000 for window in known]
    rows: dict[str, Row] = {}
    total = Row("total")
    estimated_end, key = FIRST_MS, ""
    for at, session, project, model, *values in index.connection.execute(QUERY):
        position = bisect.bisect_right(starts, at) - 1
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
    snapshot = json_file.json_file(paths.snapshot) or {}
    account = snapshot.get("account")
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
