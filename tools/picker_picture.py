"""Draw the README's picture of the picker, from the picker itself in tmux.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.picker_picture`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hot import Hot
from tools.pictures import limits
from tools.terminal_picture import draw_screens, started

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import Release, World


def main() -> None:
    """Draw the page of themes, with one tried, for a dark and for a light terminal."""
    draw_screens("picker", screen)


def screen(world: World, release: Release, folder: Path, appearance: str) -> list[str]:
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
