"""Kill a process with all its descendants, at a timeout or if the parent dies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.system import this_process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self


KILL_TIMEOUT_S = 1.0
"""Time that killed processes get to disappear."""

GROUP_POLL_INTERVAL_S = 0.05
KILL_POLL_INTERVAL_S = 0.005

PS = "/bin/ps"
PS_TIMEOUT_S = 1


WATCHDOG_SCRIPT = 'read -r group || exit 0; read -r rest; kill -s KILL -- "-$group"'

watchdog_pids: set[int] = set()
"""The PIDs of this process's active watchdogs, which are children but no work of its own."""


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A running process: its start time in the system's own notation, its user and its arguments.

    The PID may have been reused: PID and start time together identify one process.
    """

    started: str
    user: int
    words: frozenset[str]


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, its group, and each descendant, even one in a session of its own."""
    pids = descendants(process.pid) if process.poll() is None else []
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    _kill(pids)
    process.wait()


def wait_for_group(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """Wait for a process and its group until `deadline` (`time.monotonic()`), then kill the rest.

    Return the exit status, None if the process itself had to be killed.
    """
    try:
        status = process.wait(max(deadline - time.monotonic(), 0))
        while _group_lives(process.pid) and time.monotonic() < deadline:
            time.sleep(GROUP_POLL_INTERVAL_S)
    except subprocess.TimeoutExpired:
        return None
    finally:
        kill_tree(process)
    return status


def adopt_orphans() -> bool:
    """Make orphaned descendants children of this process, so that parent links lead to them.

    Return False if the system cannot (macOS).
    """
    return this_process.set_attribute(this_process.PR_SET_CHILD_SUBREAPER, 1)


def running_descendants() -> list[int]:
    """Return the PIDs of this process's running descendants except watchdogs.

    Reap the children that have ended.
    """
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return [pid for pid in descendants(os.getpid()) if pid not in watchdog_pids]


def kill_descendants() -> int:
    """Kill all descendants of this process, and those they start meanwhile. Return the count."""
    killed: set[int] = set()
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while (pids := running_descendants()) and time.monotonic() < deadline:
        killed.update(pids)
        _kill(pids)
        time.sleep(KILL_POLL_INTERVAL_S)
    return len(killed)


def process_info(pid: int) -> ProcessInfo | None:
    """Return the process with that PID, None if there is none or the system hides it."""
    try:
        if os.path.isdir("/proc/self"):
            with open(f"/proc/{pid}/stat") as file, open(f"/proc/{pid}/cmdline", "rb") as words:
                started, command = file.read().rpartition(")")[2].split()[19], words.read()
            return ProcessInfo(
                started, os.stat(f"/proc/{pid}").st_uid, frozenset(os.fsdecode(command).split("\0"))
            )
        user, *rest = _ps("-p", str(pid), "-o", "uid=,lstart=,command=").split()
        return ProcessInfo(" ".join(rest[:5]), int(user), frozenset(rest[5:]))
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return None


def descendants(pid: int) -> list[int]:
    """Return the PIDs that parent links lead to from `pid`."""
    parents = _parents()
    result, queue = [], [pid]
    while queue:
        current = queue.pop()
        children = [child for child, parent in parents.items() if parent == current]
        result += children
        queue += children
    return result


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _parents() -> dict[int, int]:
    """Return the parent of each process, {} if the system hides them."""
    if not os.path.isdir("/proc/self"):
        rows = (line.split(None, 2) for line in _ps("-A", "-o", "pid=,ppid=,comm=").splitlines())
        own = str(os.getpid())
        # `ps` lists itself as a child of this process.
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


def _ps(*arguments: str) -> str:
    return subprocess.run(
        [PS, *arguments],
        env={"LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=PS_TIMEOUT_S,
        check=False,
    ).stdout


class Watchdog:
    """A shell that starts before the process that it watches. Without /bin/sh there is none."""

    def __init__(self) -> None:
        null = subprocess.DEVNULL
        self._shell: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            with contextlib.suppress(OSError):
                # In a session of its own: a signal to the parent's group must not kill it, too.
                self._shell = subprocess.Popen(
                    ["/bin/sh", "-c", WATCHDOG_SCRIPT],
                    env={},
                    cwd="/",
                    stdin=subprocess.PIPE,
                    stdout=null,
                    stderr=null,
                    start_new_session=True,
                )
                watchdog_pids.add(self._shell.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching: the group has ended, or may go on running."""
        if self._shell:
            self._shell.kill()
            with self._shell:  # closes the pipe and waits
                watchdog_pids.discard(self._shell.pid)
            self._shell = None

    def start(
        self, command: Sequence[str], env: Mapping[str, str], cwd: str | None, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """Start a watched process in a session and group of its own.

        Raise OSError or ValueError if it does not start.
        """
        pipe = self._shell.stdin.fileno() if self._shell and self._shell.stdin else None

        def register() -> None:
            # The new process does this itself, because its parent may be killed right after fork.
            this_process.restore_signals()
            if pipe is not None:
                with contextlib.suppress(OSError):
                    os.write(pipe, b"%d\n" % os.getpid())

        with warnings.catch_warnings():
            # Python warns of locks that another thread may hold at fork; `register` takes none.
            warnings.simplefilter("ignore", DeprecationWarning)
            return subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=register if os.name == "posix" else None,  # noqa: PLW1509 - as above
                **streams,
            )
