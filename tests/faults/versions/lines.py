"""Print the line repeatedly while something else changes the installation."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.setup.machine import Machine

EVERY_S = 0.1


@contextlib.contextmanager
def drawn(machine: Machine) -> Iterator[list[str]]:
    """Run the settings' command repeatedly during the block; collect each output or failure."""
    lines: list[str] = []
    over = threading.Event()

    def draw() -> None:
        while not over.is_set():
            lines.append(line(machine))
            time.sleep(EVERY_S)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield lines
    finally:
        over.set()
        thread.join()


def line(machine: Machine) -> str:
    """Return the line without colors, or how the command failed."""
    command = json.loads(machine.settings.read_text())["statusLine"]["command"]
    done = machine.world.run(
        "/bin/sh",
        "-c",
        command,
        stdin=None,
        input="{}",
        env={**machine.env, "NO_COLOR": "1", "COLUMNS": "160"},
    )
    return (
        f"status {done.returncode}: {done.stderr}"
        if done.returncode or done.stderr
        else done.stdout
    )
