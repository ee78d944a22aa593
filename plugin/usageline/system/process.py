"""Run an external program with a timeout and an output limit, and kill its whole process tree."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from usageline.system.process_tree import Watchdog, kill_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

POLL_INTERVAL_S = 0.05
"""Interval at which `run` checks for a program that ended while a child holds its output open."""

_detached: list[subprocess.Popen[bytes]] = []

EXIT_GRACE_S = 0.5
"""Time that `query_line` gives a program to exit after its answer."""

CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended.

    status       the exit status, negative for a signal; None if `run` stopped the program
    output       stdout as far as it was read
    errors       stderr as far as it was read
    stop_reason  why `run` stopped the program: "timeout", "output" (too much of it), or ""
    """

    status: int | None
    output: bytes
    errors: bytes
    stop_reason: str


def run(  # noqa: PLR0913 - a command and the bounds of its run
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: str | None,
    data: bytes = b"",
    *,
    deadline: float,
    max_bytes: int,
    keep_errors: bool = False,
    keep_children: bool = False,
    watchdog: Watchdog | None = None,
) -> Result:
    """Run `command` with `data` on stdin until it ends.

    Stop it at `deadline` (`time.monotonic()`), or if it prints more than `max_bytes`. Discard
    stderr; with `keep_errors` return up to `max_bytes` of it. Kill what the program leaves
    running in its process group, unless `keep_children` is set and the program ended by itself.
    A `watchdog` that is passed in stays active afterwards. Raise OSError or ValueError if the
    program does not start.
    """
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    stop_reason = "timeout"
    with (
        contextlib.nullcontext(watchdog) if watchdog else Watchdog() as active,
        active.start(
            command, env, cwd, stdin=pipe, stdout=pipe, stderr=pipe if keep_errors else null
        ) as process,
    ):
        try:
            exchange = _Exchange(process, data, max_bytes)
            stop_reason = exchange.run_until(deadline)
        finally:
            if stop_reason or not keep_children:
                kill_tree(process)
        return Result(
            None if stop_reason else process.returncode,
            bytes(exchange.output[:max_bytes]),
            bytes(exchange.errors[:max_bytes]),
            stop_reason,
        )


def query_line(  # noqa: PLR0913 - a command and the bounds of its run
    command: Sequence[str],
    request: bytes,
    env: Mapping[str, str],
    cwd: str,
    *,
    deadline: float,
    max_bytes: int,
    accept: Callable[[bytes], bool],
) -> bytes | None:
    """Return the first line that `command` prints after `request` and that `accept` accepts.

    The line has no newline. Return None if there is no such line by `deadline`
    (`time.monotonic()`) or within `max_bytes`. Raise OSError if the program does not start.
    """
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with (
        Watchdog() as watchdog,
        watchdog.start(command, env, cwd, stdin=pipe, stdout=pipe, stderr=null) as process,
    ):
        try:
            # A pipe holds the whole request: this write never waits for the program to read.
            with contextlib.suppress(BrokenPipeError):
                os.write(_fd(process.stdin), request)
            line = _first_line(_fd(process.stdout), deadline, max_bytes, accept)
            if line is not None:
                with contextlib.suppress(BrokenPipeError):
                    _close(process.stdin)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(EXIT_GRACE_S, max(deadline - time.monotonic(), 0)))
            return line
        finally:
            kill_tree(process)


# tried by: nothing, nothing of it is read
def start_detached(command: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a background process in a session of its own, which outlives this process.

    Its streams are /dev/null. Raise OSError if it does not start.
    """
    null = subprocess.DEVNULL
    # A process that runs for hours reaps what it started earlier.
    _detached[:] = [process for process in _detached if process.poll() is None]
    _detached.append(
        subprocess.Popen(
            command,
            env=dict(env),
            cwd="/",
            stdin=null,
            stdout=null,
            stderr=null,
            start_new_session=True,
        )
    )


class _Exchange:
    """The data that goes to and comes from a running program."""

    def __init__(self, process: subprocess.Popen[bytes], data: bytes, max_bytes: int) -> None:
        self.process = process
        self.data = data
        self.max_bytes = max_bytes
        self.output = bytearray()
        self.errors = bytearray()
        self.selector = selectors.DefaultSelector()
        for stream, buffer in ((process.stdout, self.output), (process.stderr, self.errors)):
            if stream:
                self.selector.register(stream, selectors.EVENT_READ, buffer)
        if process.stdin:
            os.set_blocking(process.stdin.fileno(), False)
            self.selector.register(process.stdin, selectors.EVENT_WRITE)

    def run_until(self, deadline: float) -> str:
        """Transfer data until the program ends. Return "", or the reason to stop the program."""
        with self.selector:
            has_ended = False
            while self.selector.get_map():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return "timeout"
                ready = self.selector.select(0 if has_ended else min(left_s, POLL_INTERVAL_S))
                for key, _ in ready:
                    self._transfer(key.fileobj, key.data)  # type: ignore[arg-type]  # a stream
                if len(self.output) > self.max_bytes:
                    return "output"
                if has_ended and not ready:  # only a child still holds the pipes open
                    return ""
                has_ended = has_ended or (not ready and self.process.poll() is not None)
        try:
            self.process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return "timeout"
        return ""

    def _transfer(self, stream: IO[bytes], buffer: bytearray | None) -> None:
        if buffer is None:
            self.data = _write(stream.fileno(), self.data)
            if not self.data:
                self._finish(stream)
            return
        chunk = os.read(stream.fileno(), CHUNK_BYTES)
        if not chunk:
            self._finish(stream)
        elif len(buffer) <= self.max_bytes:
            buffer += chunk

    def _finish(self, stream: IO[bytes]) -> None:
        self.selector.unregister(stream)
        stream.close()


def _write(fd: int, data: bytes) -> bytes:
    """Write to a pipe. Return the rest of `data`, b"" if the program closed its end."""
    try:
        return data[os.write(fd, data) :]
    except BrokenPipeError:
        return b""
    except BlockingIOError:
        return data


def _first_line(
    fd: int, deadline: float, max_bytes: int, accept: Callable[[bytes], bool]
) -> bytes | None:
    size, rest = 0, b""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while selector.select(max(deadline - time.monotonic(), 0)):
            chunk = os.read(fd, CHUNK_BYTES)
            size += len(chunk)
            if not chunk or size > max_bytes:
                return None
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if accept(line):
                    return line
    return None


def _fd(stream: IO[bytes] | None) -> int:
    return stream.fileno() if stream else -1


def _close(stream: IO[bytes] | None) -> None:
    if stream:
        stream.close()
