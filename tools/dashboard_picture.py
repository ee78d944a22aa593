"""Draw the README's picture of the dashboard, from `usageline watch` itself in tmux.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.dashboard_picture`
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.hot import Hot
from tests.storage.readings import keep
from tools.pictures import HOUR_S, limits
from tools.terminal_picture import draw_screens, started
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import Release, World

COLUMNS, ROWS = 120, 36
DAYS = 20
STEP_S = 300
NIGHT = (11 * HOUR_S, 19 * HOUR_S)
"""The user sleeps so long before the same time of day as now."""

ACCOUNTS = ("a" * 16, "b" * 16)
CONFIG = """
[profiles.default]
label = "private"

[profiles.work]
directory = "~/.claude-work"
"""


def main() -> None:
    """Draw the dashboard of two accounts, for a dark and for a light terminal."""
    draw_screens("dashboard", screen)


def screen(world: World, release: Release, folder: Path, appearance: str) -> list[str]:
    """Return the rows of the dashboard's screen, with their colors."""
    fill(world, Hot(world, release), appearance)
    with started(world, release, folder, "watch", (COLUMNS, ROWS)) as terminal:
        terminal.wait_for("now", "Accounts")
        return terminal.colored_screen().splitlines()


def fill(world: World, hot: Hot, appearance: str) -> None:
    """Publish the numbers of two accounts, and keep a history of the first."""
    world.configure(CONFIG)
    shown = limits(68, 46, left_s=80 * 60, chance=0.8, **ahead(40, 25, 65))
    top: dict[str, Any] = {"appearance": appearance, "source": "oauth", "alerts": []}
    hot.publish(limits=shown, account=ACCOUNTS[0], plan="Max 5x", **top)
    keep(world.env, past(shown), ACCOUNTS[0])
    first = world.env
    world.env = {**first, "CLAUDE_CONFIG_DIR": str(world.home / ".claude-work")}
    (world.home / ".claude-work").mkdir()
    world.sign_in(account="55555555-5555-4555-8555-555555555555")
    hot.publish(limits=limits(12, 81), account=ACCOUNTS[1], plan="Team Premium", **top)
    world.env = first


def ahead(likely: int, early: int, late: int) -> dict[str, float]:
    """Return when the limit is reached, in so many minutes."""
    names = ("exhausts_at", "exhausts_from", "exhausts_to")
    at = int(time.time())
    return {
        name: at + 60 * minutes for name, minutes in zip(names, (likely, early, late), strict=True)
    }


def past(shown: list[dict[str, Any]]) -> list[Reading]:
    """Return readings that lead to the shown numbers, from days with work and nights without."""
    now = int(time.time())
    readings = []
    for at in range(now - DAYS * 24 * HOUR_S, now, STEP_S):
        if NIGHT[0] <= (now - at) % (24 * HOUR_S) < NIGHT[1]:
            continue
        rows = []
        for row, length_s in zip(shown, (5 * HOUR_S, *[7 * 24 * HOUR_S] * 2), strict=True):
            began = row["resets_at"] - length_s
            windows_before = -((at - began) // length_s)
            elapsed = (at - began) % length_s
            full = now - began if not windows_before else length_s
            peak = row["percent"] if not windows_before else 30 + windows_before * 23 % 60
            percent = round(peak * min(elapsed / full, 1) ** 1.2, 1)
            resets_at = row["resets_at"] - windows_before * length_s
            rows.append(Limit(row["kind"], row["label"], percent, resets_at))
        readings.append(Reading(tuple(rows), (), "oauth", at, "Max 5x"))
    return readings


if __name__ == "__main__":
    main()
