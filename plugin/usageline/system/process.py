"""A program of somebody else's, run to its end: bounded in time and output, and gone with all its children afterwards."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from typing import IO, TYPE_CHECKING

from usageline.system.process_tree import kill_tree
from usageline.system.watchdog import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

POLL_S = 0.05
"""How soon it is seen that a program has ended whose child still holds its output."""


class Ended:
    """How a program ended: `output` and `errors` as far as they were read; `fault` is "", "time" or "output" (too much of it).

    `status` is the exit status, negative for a signal, and None where the program was cut off.
    """

    __slots__ = ("errors", "fault", "output", "status")

    def __init__(self, status: int | None, output: bytes, errors: bytes, fault: str) -> None:
        self.status = status
        self.output = output
        self.errors = errors
        self.fault = fault


def run_bounded(  # noqa: PLR0913 - a command and the bounds of its run
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: str | None,
    data: bytes = b"",
    *,
    deadline: float,
    most: int,
    errors: bool = False,
    leave: bool = False,
    guard: Guard | None = None,
) -> Ended:
    """Run `command` with `data` on stdin until it ends, `deadline` (`time.monotonic()`) has come, or it printed more than `most` bytes.

    stderr is thrown away, but kept up to `most` bytes with `errors`. What it leaves running in its process group is ended, but with `leave`
    only where it was itself cut off. A `guard` that is given goes on watching that. OSError or ValueError where it does not start.
    """
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    fault = "time"
    with (
        contextlib.nullcontext(guard) if guard else Guard() as watching,
        watching.start(
            command, env, cwd, stdin=pipe, stdout=pipe, stderr=pipe if errors else null
        ) as process,
    ):
        try:
            exchange = _Exchange(process, data, most)
            fault = exchange.until(deadline)
        finally:
            if fault or not leave:
                kill_tree(process)
        return Ended(
            None if fault else process.returncode,
            bytes(exchange.output[:most]),
            bytes(exchange.errors[:most]),
            fault,
        )


class _Exchange:
    """What goes to and comes from a program that runs."""

    def __init__(self, process: subprocess.Popen[bytes], data: bytes, most: int) -> None:
        self.process = process
        self.data = data
        self.most = most
        self.output = bytearray()
        self.errors = bytearray()
        self.selector = selectors.DefaultSelector()
        for stream, said in ((process.stdout, self.output), (process.stderr, self.errors)):
            if stream:
                self.selector.register(stream, selectors.EVENT_READ, said)
        if process.stdin:
            os.set_blocking(process.stdin.fileno(), False)
            self.selector.register(process.stdin, selectors.EVENT_WRITE)

    def until(self, deadline: float) -> str:
        """Go on until the program has ended: "", or the fault for which it must be ended."""
        with self.selector:
            ended = False
            while self.selector.get_map():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return "time"
                ready = self.selector.select(0 if ended else min(left_s, POLL_S))
                for key, _ in ready:
                    self._go_on(key.fileobj, key.data)  # type: ignore[arg-type]  # a stream, as registered
                if len(self.output) > self.most:
                    return "output"
                if (
                    ended and not ready
                ):  # a child of its that still holds the pipes is not waited for
                    return ""
                ended = ended or (not ready and self.process.poll() is not None)
        try:
            self.process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return "time"
        return ""

    def _go_on(self, stream: IO[bytes], said: bytearray | None) -> None:
        if said is None:
            self.data = _written(stream.fileno(), self.data)
            if not self.data:
                self._finish(stream)
            return
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            self._finish(stream)
        elif len(said) <= self.most:
            said += chunk

    def _finish(self, stream: IO[bytes]) -> None:
        self.selector.unregister(stream)
        stream.close()


def _written(fd: int, data: bytes) -> bytes:
    """What of `data` is left to be written; nothing where nobody reads any more."""
    try:
        return data[os.write(fd, data) :]
    except BrokenPipeError:
        return b""
    except BlockingIOError:
        return data
