"""Run a program in a pty, with its screen as pyte draws it, and send it keys and sizes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from typing_extensions import Self


DEADLINE_S = 20
TRAMPOLINE = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Make stdin the controlling terminal, so that keys send signals, then run the program."""


class Terminal:
    """A context manager: `received` is the output, `screen` what is visible."""

    def __init__(
        self,
        command: Sequence[str],
        env: dict[str, str],
        cwd: Path,
        *,
        columns: int = 100,
        rows: int = 24,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.received = b""
        self._stream = pyte.ByteStream(self.screen)
        self._master, self._slave = pty.openpty()
        self._set_size(columns, rows)
        self.modes_before = self.modes()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", TRAMPOLINE, *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def modes(self) -> list[Any]:
        """Return the terminal's settings: echo, line mode, keys that send signals."""
        return termios.tcgetattr(self._slave)

    def lines(self) -> list[str]:
        """Return the screen without trailing blanks."""
        return [line.rstrip() for line in self.screen.display]

    def wait_for(self, holds: Callable[[str], object]) -> str:
        """Return the first screen for which `holds` is true; fail after `DEADLINE_S`."""
        end = time.monotonic() + DEADLINE_S
        while not holds("\n".join(self.lines())):
            assert time.monotonic() < end, "\n".join(self.lines())
            self._read(0.05)
        return "\n".join(self.lines())

    def press(self, keys: bytes) -> None:
        """Send the bytes of keys."""
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Resize the window."""
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def hang_up(self) -> None:
        """Close the terminal, as its window does."""
        os.close(self._master)
        self._master = os.open(os.devnull, os.O_RDWR)

    def end(self) -> int:
        """Wait for the program to exit. Return its status, negative for a signal."""
        end = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, "\n".join(self.lines())
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        data = os.read(self._master, 1 << 16)
        self.received += data
        self._stream.feed(data)
        return True

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
