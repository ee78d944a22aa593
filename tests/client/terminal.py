"""Run a program in a terminal, read its screen and send it keys."""

from __future__ import annotations

import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

DEADLINE_S = 30


@dataclass(frozen=True)
class Terminal:
    """One tmux session, `name`, in the server that listens at `socket`."""

    socket: Path
    name: str

    @classmethod
    def start(
        cls,
        socket: Path,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        columns: int,
        rows: int,
    ) -> Terminal:
        """Start `command` with exactly `env` in a terminal of `columns` × `rows` cells."""
        bare = ["env", "-i", *(f"{key}={value}" for key, value in env.items()), *command]
        terminal = cls(socket, name)
        terminal.tmux(
            "new-session",
            "-d",
            "-s",
            name,
            "-x",
            str(columns),
            "-y",
            str(rows),
            "-c",
            str(cwd),
            shlex.join(bare),
        )
        return terminal

    def keys(self, *keys: str) -> None:
        """Press keys by their tmux names: Enter, Escape, C-c, BTab."""
        self.tmux("send-keys", "-t", self.name, *keys)

    def enter(self, text: str) -> None:
        """Type `text`, and press Enter once it is on the screen.

        A key that follows too soon counts as part of a paste.
        """
        self.tmux("send-keys", "-t", self.name, "-l", text)
        self.wait_for(text)
        self.keys("Enter")

    def screen(self, *, colors: bool = False) -> str:
        """Return the screen, a line for each row, without trailing blanks.

        With `colors`, include escape sequences and trailing blanks, which can have a background.
        """
        return self.tmux("capture-pane", "-t", self.name, "-p", *(["-e", "-N"] if colors else []))

    def record(self, file: Path) -> None:
        """Write everything that the program prints from now on to `file`."""
        self.tmux("pipe-pane", "-O", "-t", self.name, f"cat > {shlex.quote(str(file))}")

    def wait_for(
        self, what: Callable[[str], object] | str, *, deadline_s: float = DEADLINE_S
    ) -> str:
        """Return the first screen that contains `what`, a text or a rule.

        Fail with the last screen after the deadline.
        """
        holds = what if callable(what) else lambda screen: what in screen
        end = time.monotonic() + deadline_s
        while not holds(screen := self.screen()):
            assert time.monotonic() < end, (
                f"{self.name} does not show {what!r} within {deadline_s} s:\n{screen}"
            )
            time.sleep(0.05)
        return screen

    def kill(self) -> None:
        """Close the terminal and end what runs in it by SIGHUP."""
        self.tmux("kill-session", "-t", self.name)

    def tmux(self, *arguments: str) -> str:
        """Run a tmux command and return its output. Raise `RuntimeError` if it fails."""
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), *arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"tmux {arguments[0]} failed: {done.stderr}")
        return done.stdout
