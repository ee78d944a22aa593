"""Lines drawn all the while something else happens to the installation."""

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
    """What the wired command prints, run again and again for the block: a text for each run. A run that fails is told in its place."""
    seen: list[str] = []
    over = threading.Event()

    def draw() -> None:
        while not over.is_set():
            seen.append(line(machine))
            time.sleep(EVERY_S)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def line(machine: Machine) -> str:
    """One line without colours, as Claude Code would have it; how the command failed where it did."""
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
