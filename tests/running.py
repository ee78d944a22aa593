"""Check the processes that a test started."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTING_TIMEOUT_S = 5.0
"""The kernel needs microseconds, but the process may wait for a core before it continues."""


def is_running(pid: int) -> bool:
    """Return whether the process exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def processes_with(needle: bytes, field: str = "cmdline") -> list[int]:
    """Return the processes whose `cmdline` or `environ` contains `needle`."""
    return [pid for pid, content in _processes(field) if needle in content]


def wait_until_ended(needle: bytes, field: str = "cmdline", timeout_s: float = 20) -> None:
    """Wait until no process has `needle` in that field. Raise AssertionError if one stays."""
    deadline = time.monotonic() + timeout_s
    # One list is not enough: a process in it may end just after it has started another.
    empty = 0
    while empty < 2:
        left = processes_with(needle, field)
        assert not left or time.monotonic() < deadline, f"left running: {left}"
        empty = 0 if left else empty + 1
        time.sleep(0.02)


def _processes(field: str) -> Iterator[tuple[int, bytes]]:
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        content = _started(pid, field)
        if content:
            yield pid, content


def _started(pid: int, field: str) -> bytes:
    """Return the field of a process, empty if it has ended.

    Between exec and the program's first instruction a process has no field yet. posix_spawn returns
    before that, so the starter may have ended by then: wait for the field.
    """
    deadline = time.monotonic() + STARTING_TIMEOUT_S
    while True:
        try:
            content = _read(pid, field)
            if not content and _read(pid, "cmdline"):
                # It has started: its environment is empty, or was written since.
                return _read(pid, field)
            if content or time.monotonic() > deadline:
                return content
            os.readlink(f"/proc/{pid}/exe")  # OSError: a zombie or a thread of the kernel
        except OSError:
            return b""
        time.sleep(0.001)


def _read(pid: int, field: str) -> bytes:
    with open(f"/proc/{pid}/{field}", "rb") as file:
        return file.read()
