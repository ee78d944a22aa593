"""A program in a terminal of its own: a real pty, its screen as pyte draws it, keys and window sizes for it."""

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
TRAMPOLINE = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal on stdin the controlling one, by which keys become signals, and becomes the program."""


class Terminal:
    """Use it in a `with`. `received` is all that the program wrote, `screen` what is to be seen of it."""

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
        """What the terminal is set to: echo, line by line, keys that are signals."""
        return termios.tcgetattr(self._slave)

    def lines(self) -> list[str]:
        """What is on the screen, without trailing blanks."""
        return [line.rstrip() for line in self.screen.display]

    def wait_for(self, holds: Callable[[str], object]) -> str:
        """The first screen of which that is true. AssertionError with the last one when the deadline passes."""
        end = time.monotonic() + DEADLINE_S
        while not holds("\n".join(self.lines())):
            assert time.monotonic() < end, "\n".join(self.lines())
            self._read(0.05)
        return "\n".join(self.lines())

    def press(self, keys: bytes) -> None:
        """Press keys, given as the bytes that a terminal sends for them."""
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size; the kernel tells the program."""
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def end(self) -> int:
        """Wait for the program to end; its exit status, negative where a signal ended it."""
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
