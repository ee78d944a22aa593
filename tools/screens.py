"""Draw the README's pictures of commands that take the whole terminal, each from itself in tmux.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.screens`
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.cli.tmux import Tmux
from tests.hot import Hot
from tests.storage.readings import keep
from tests.world import World, build_release
from tools.pictures import DARK, FOLDER, HOUR_S, LIGHT, draw, limits
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import Release

    Screen = Callable[[World, Release, Path, str], list[str]]

DEADLINE_S = 30
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
    """Draw the dashboard of two accounts, and the picker's page of themes with one tried."""
    draw_screens("dashboard", dashboard)
    draw_screens("picker", picker)


def draw_screens(name: str, screen: Screen) -> None:
    """Draw `screen(world, release, folder, appearance)` for a dark and for a light terminal."""
    for appearance, terminal in (("dark", DARK), ("light", LIGHT)):
        folder = Path(tempfile.mkdtemp(prefix="ul-", dir="/tmp"))  # a socket needs a short path
        try:
            rows = screen(
                World(folder / "world"), build_release(folder / "release"), folder, appearance
            )
            draw(rows, terminal, FOLDER / f"{name}-{appearance}.svg")
        finally:
            shutil.rmtree(folder)


@contextlib.contextmanager
def started(
    world: World, release: Release, folder: Path, command: str, size: tuple[int, int] = (80, 24)
) -> Iterator[Tmux]:
    """Run a command of usageline in a terminal of columns × rows for the block."""
    env = {**world.env, "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    terminal = Tmux(str(folder / "tmux"), env, _eventually)
    python = f"COLORTERM=truecolor '{release.python}' -I -B -m usageline.cli {command}"
    terminal.start(f"cd '{world.home}' && {python}", size)
    try:
        yield terminal
    finally:
        terminal.stop()


def _eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; raise TimeoutError if it does not."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


def dashboard(world: World, release: Release, folder: Path, appearance: str) -> list[str]:
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


def picker(world: World, release: Release, folder: Path, appearance: str) -> list[str]:
    """Return the rows of the picker's screen at 80×24, with their colors."""
    Hot(world, release).publish(limits=limits(37, 81), appearance=appearance)
    with started(world, release, folder, "config") as terminal:
        terminal.wait_for("1 Presets")
        terminal.press("Down", "Down", "Enter")
        terminal.wait_for("not saved yet")
        terminal.press("3")
        terminal.wait_for("high-contrast")
        terminal.press("Down", "Down", "Down", "Down")
        terminal.wait_for("trying powerline")
        return terminal.colored_screen().splitlines()


if __name__ == "__main__":
    main()
