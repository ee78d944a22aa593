"""Run a program in a terminal of tmux, with its screen, and send it keys."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DONE = "exit status"
"""On the screen when the program has exited, before its status."""


class Tmux:
    """A terminal of 80×24 in a tmux server of its own."""

    def __init__(
        self, socket: str, env: dict[str, str], eventually: Callable[[Callable[[], object]], None]
    ) -> None:
        self._command = ["tmux", "-S", socket, "-f", "/dev/null"]
        self._env = env
        self._eventually = eventually

    def start(self, command: str, size: tuple[int, int] = (80, 24)) -> None:
        """Run a shell command in it, with columns and rows, and keep its last screen."""
        columns, rows = map(str, size)
        self._tmux(
            "new-session",
            "-d",
            "-x",
            columns,
            "-y",
            rows,
            f"{command}; echo {DONE} $?; exec sleep 60",
        )

    def press(self, *keys: str) -> None:
        """Send keys by the names that tmux has for them."""
        self._tmux("send-keys", *keys)

    def screen(self) -> str:
        """Return the screen."""
        return self._tmux("capture-pane", "-p")

    def colored_screen(self) -> str:
        """Return the screen with the escape sequences of its colors."""
        return self._tmux("capture-pane", "-p", "-e")

    def wait_for(self, *texts: str) -> str:
        """Wait until the screen has all the texts, and return it."""
        screens = [""]

        def has_them() -> bool:
            screens.append(self.screen())
            return all(text in screens[-1] for text in texts)

        self._eventually(has_them)
        return screens[-1]

    def stop(self) -> None:
        """End the server and what runs in it."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return done.stdout
