"""Draw a command that takes the whole terminal, from the command itself in tmux."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.tmux import Tmux
from tests.world import World, build_release
from tools.pictures import DARK, FOLDER, LIGHT, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import Release

    Screen = Callable[[World, Release, Path, str], list[str]]

DEADLINE_S = 30


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
