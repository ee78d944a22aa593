"""Parse what usageline shows of an account: `--json`, the table and the line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.client.usage_screen import AMOUNT, MONTHS, Amount, Moment, amount
from tests.hot import Hot

if TYPE_CHECKING:
    from datetime import tzinfo

    from tests.world import Release, World

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WIDE = "400"
"""Wide enough for every row; other tests cover narrow terminals."""


@dataclass(frozen=True)
class Ours:
    """The snapshot as `--json` prints it, the table's lines, and the line's segments."""

    snapshot: dict[str, Any]
    table: list[str]
    segments: list[str]


@dataclass(frozen=True)
class Shown:
    """One row or segment.

    `percent` is None for `–` or none, `at` is None without an end. `amounts` are in order.
    """

    text: str
    percent: int | None
    at: Moment | None
    amounts: list[Amount]


def look(world: World, release: Release) -> Ours:
    """Run all three in `world`. The first sends a request, the others show the result."""
    world.env["COLUMNS"] = WIDE
    command = (release.python, "-I", "-B", "-m", "usageline.cli")
    printed = world.run(*command, "--json")
    assert printed.returncode == 0, printed.stderr
    table = world.run(*command).stdout.splitlines()
    line = Hot(world, release).line(COLUMNS=WIDE)
    return Ours(json.loads(printed.stdout), table, line.split(" │ "))


def row(lines: list[str], label: str, now: float, where: tzinfo) -> Shown | None:
    """Parse the row or segment that starts with `label`."""
    weekly = f"7d {label} "
    lines = [line.removeprefix("7d ") if line.startswith(weekly) else line for line in lines]
    matches = [line for line in lines if line == label or line.startswith(label + " ")]
    if not matches:
        return None
    text = matches[0].removeprefix(label)
    share = re.search(r"(\d+)%", text)
    return Shown(
        text.strip(),
        int(share[1]) if share else None,
        _end(text, now, where),
        [amount(part) for part in re.findall(AMOUNT, text)],
    )


def _end(text: str, now: float, where: tzinfo) -> Moment | None:
    """Parse the end of a row.

    Examples: `↻ 1h59m`, `↻ Thu 00:39`, `resets in 3d4h  Thu 00:39`, `resets Dec 1`, `ends 23:15`.
    """
    left = re.search(r"↻ (?:(\d+)h)?(?:(\d+)|<1)m", text)
    if left:
        after = timedelta(hours=int(left[1] or 0), minutes=int(left[2] or 0))
        return Moment(datetime.fromtimestamp(now, where) + after, day=False)
    match = re.search(
        r"(?:↻|resets|expires|ends)(?: in [^, ]+,?)? +(?:([A-Z][a-z]{2}) )?(?:(\d\d):(\d\d)|(\d+))",
        text,
    )
    if not match:
        return None
    name, hour, minute, day = match.groups()
    today = datetime.fromtimestamp(now, where).replace(hour=0, minute=0, second=0, microsecond=0)
    if day:
        at = today.replace(month=MONTHS.index(name) + 1, day=int(day))
        return Moment(at if at >= today else at.replace(year=at.year + 1), day=True)
    at = today.replace(hour=int(hour), minute=int(minute))
    while (name and DAYS[at.weekday()] != name) or at.timestamp() < now - 60:
        at += timedelta(days=1)
    return Moment(at, day=False)
