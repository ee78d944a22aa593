"""Draw the README's picture of the picker, from the picker itself in tmux.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.picker_picture`
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.tmux import Tmux
from tests.hot import Hot
from tests.world import World, build_release
from tools.pictures import DARK, FOLDER, LIGHT, draw, limits

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_S = 30


def main() -> None:
    """Draw the page of themes, with one tried, for a dark and for a light terminal."""
    for appearance, terminal in (("dark", DARK), ("light", LIGHT)):
        folder = Path(tempfile.mkdtemp(prefix="ul-", dir="/tmp"))  # a socket needs a short path
        try:
            draw(screen(folder, appearance), terminal, FOLDER / f"picker-{appearance}.svg")
        finally:
            shutil.rmtree(folder)


def screen(folder: Path, appearance: str) -> list[str]:
    """Return the rows of the picker's screen at 80×24, with their colors."""
    world = World(folder / "world")
    release = build_release(folder / "release")
    Hot(world, release).publish(limits=limits(37, 81), appearance=appearance)
    env = {**world.env, "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    terminal = Tmux(str(folder / "tmux"), env, eventually)
    command = f"COLORTERM=truecolor '{release.python}' -I -B -m usageline.cli config"
    terminal.start(f"cd '{world.home}' && {command}")
    try:
        terminal.wait_for("1 Presets")
        terminal.press("Down", "Down", "Enter")
        terminal.wait_for("not saved yet")
        terminal.press("3")
        terminal.wait_for("high-contrast")
        terminal.press("Down", "Down", "Down", "Down")
        terminal.wait_for("trying powerline")
        return terminal.colored_screen().splitlines()
    finally:
        terminal.stop()


def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; raise TimeoutError if it does not."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


if __name__ == "__main__":
    main()
