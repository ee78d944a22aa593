"""A program of somebody else's, run to an answer: bounded in time and output, and gone with all its children afterwards."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.system.trust import refusal
from usageline.system.watchdog import Guard, guards

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRACE_S = 0.5
"""For a program that has answered, to end by itself."""

ENDING_S = 1.0
"""For processes that were killed, to be gone."""

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Process:
    """A process that runs: its `user`, the `words` of its command line, and when it `started` in the system's own writing.

    Number and start together name one process; the number alone may be another's by now.
    """

    started: str
    user: int
    words: frozenset[str]


def converse(  # noqa: PLR0913 - a command and the bounds of a conversation with it
    command: list[str],
    question: bytes,
    env: Mapping[str, str],
    cwd: str,
    *,
    deadline: float,
    most: int,
    accept: Callable[[bytes], bool],
) -> bytes | None:
    """The first line that `command` prints after `question` and that `accept` takes, without its newline.

    None where it prints none by `deadline` (`time.monotonic()`) or within `most` bytes. OSError where it does not start.
    """
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with (
        Guard() as guard,
        guard.start(command, env, cwd, stdin=pipe, stdout=pipe, stderr=null) as process,
    ):
        try:
            # A question is shorter than a pipe is deep: this does not wait for a program that never reads.
            with contextlib.suppress(BrokenPipeError):
                os.write(_fd(process.stdin), question)
            answer = _line(_fd(process.stdout), deadline, most, accept)
            if answer is not None:
                with contextlib.suppress(BrokenPipeError):
                    _close(process)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(GRACE_S, max(deadline - time.monotonic(), 0)))
            return answer
        finally:
            kill_tree(process)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process, its group, and every descendant that parent links lead to, in a session of its own or not."""
    doomed = descendants(process.pid) if process.poll() is None else []
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in doomed:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def adopt_orphans() -> bool:
    """Have what our descendants leave behind become our own children, so that parent links lead to it; False where the system cannot (macOS)."""
    if sys.platform != "linux":
        return False
    import ctypes  # noqa: PLC0415 - slow to import

    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def running() -> list[int]:
    """Our own descendants that have not ended, but for guards. Takes the exit status of children that have."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return [pid for pid in descendants(os.getpid()) if pid not in guards]


def end_descendants() -> int:
    """Kill all of this process's descendants, and what they start meanwhile; gives how many there were."""
    ended: set[int] = set()
    deadline = time.monotonic() + ENDING_S
    while (doomed := running()) and time.monotonic() < deadline:
        ended.update(doomed)
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    return len(ended)


def is_trusted(path: str) -> bool:
    """Whether it is a program that only this user or root can have written, in a directory of which the same holds."""
    return not refusal(path)


def process(pid: int) -> Process | None:
    """The process of that number; None where there is none, or where nobody tells."""
    try:
        if os.path.isdir("/proc/self"):
            with open(f"/proc/{pid}/stat") as file, open(f"/proc/{pid}/cmdline", "rb") as words:
                started, command = file.read().rpartition(")")[2].split()[19], words.read()
            return Process(
                started, os.stat(f"/proc/{pid}").st_uid, frozenset(os.fsdecode(command).split("\0"))
            )
        listing = ["/bin/ps", "-p", str(pid), "-o", "uid=,lstart=,command="]
        listed = subprocess.run(
            listing,
            env={"LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=1,
            check=False,
        )
        user, *rest = listed.stdout.split()
        return Process(" ".join(rest[:5]), int(user), frozenset(rest[5:]))
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return None


def descendants(pid: int) -> list[int]:
    """The processes that parent links lead to from `pid`."""
    parents = _parents()
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        children = [child for child, its_parent in parents.items() if its_parent == parent]
        found += children
        queue += children
    return found


def _line(fd: int, deadline: float, most: int, accept: Callable[[bytes], bool]) -> bytes | None:
    seen, rest = 0, b""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while selector.select(max(deadline - time.monotonic(), 0)):
            chunk = os.read(fd, 65536)
            seen += len(chunk)
            if not chunk or seen > most:
                return None
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if accept(line):
                    return line
    return None


def _parents() -> dict[int, int]:
    """Every process's parent; empty where nobody tells."""
    if not os.path.isdir("/proc/self"):
        listed = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid=,comm="],
            capture_output=True,
            text=True,
            timeout=1,
            check=False,
        )
        rows = (line.split(None, 2) for line in listed.stdout.splitlines())
        own = str(os.getpid())
        # The lister lists itself, as a child of ours.
        return {
            int(row[0]): int(row[1])
            for row in rows
            if len(row) == 3 and not (row[1] == own and row[2].endswith("ps"))
        }
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with (
            contextlib.suppress(OSError, ValueError, IndexError),
            open(f"/proc/{name}/stat") as file,
        ):
            parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    return parents


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()


def _fd(stream: object) -> int:
    return int(stream.fileno())  # type: ignore[attr-defined]  # a pipe, as asked for
