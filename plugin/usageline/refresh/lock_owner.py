"""Record which process holds the refresh lock, so that the next refresh can kill one that hangs.

The kernel releases the lock of a process that dies. One that is stopped, or waits for a disk that
is gone, would block every other refresh for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.json_file import json_file
from usageline.system import lock
from usageline.system.files import remove_file, write_atomic
from usageline.system.process_tree import ProcessInfo, descendants, process_info
from usageline.usage.values import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.system.paths import Paths

HANGS_AFTER_S = 13
"""A refresh exits after 10 s in any case, so an owner that holds the lock longer hangs."""

KILL_TIMEOUT_S = 2.0
"""For a killed owner to be gone, and its lock with it."""

MODULES = ("usageline.refresh", "usageline.cli")
COMMAND = "/usageline/cli/__main__.py"
"""How an owner was started: a word of its command line, or the end of one.

The installed command is run by its path.
"""

MAX_PID = 1 << 31


@dataclass(frozen=True, slots=True)
class LockOwner:
    """The process that holds the lock, and for how many seconds.

    Time in which the machine slept does not count: nothing ran.
    """

    pid: int
    held_s: float

    @property
    def hangs(self) -> bool:
        """Whether it can no longer be at work."""
        return self.held_s > HANGS_AFTER_S


@dataclass(frozen=True, slots=True)
class LockResult:
    """Whether the lock was acquired; `killed` is the owner that hung and was killed for it."""

    is_acquired: bool
    killed: LockOwner | None = None


@contextlib.contextmanager
def acquire(paths: Paths) -> Iterator[LockResult]:
    """Try to hold the refresh lock for the block, and record this process as its owner.

    Kill an owner that hangs, and wait a moment for its lock. Raise LockUnsupported if the file
    system has no locks.
    """
    path = paths.lock
    with contextlib.ExitStack() as stack:
        is_acquired, killed = stack.enter_context(lock.hold(path)), None
        if not is_acquired:
            killed = _kill_hanging(paths)
            is_acquired = killed is not None and stack.enter_context(
                lock.hold(path, KILL_TIMEOUT_S)
            )
        if is_acquired:
            _record(paths)
            # This process may run on: it must not pass for the owner while another one is.
            stack.callback(_remove, paths)
        yield LockResult(is_acquired, killed)


def current_owner(paths: Paths) -> LockOwner | None:
    """Return the recorded owner if its process still runs. Call this while the lock is held.

    The file is not trusted.
    """
    row = json_file(paths.lock_owner) or {}
    pid, since = number(row.get("pid"), 2, MAX_PID), number(row.get("since"), 0, time.monotonic())
    if pid is None or since is None or pid == os.getpid():
        return None
    owner = process_info(int(pid))
    # The PID may have been reused: compare start times.
    if owner is None or owner.started != row.get("started") or not _is_refresh(owner):
        return None
    return LockOwner(int(pid), time.monotonic() - since)


def _kill_hanging(paths: Paths) -> LockOwner | None:
    """Kill the owner and all its descendants if it hangs; return it then."""
    owner = current_owner(paths)
    if owner is None or not owner.hangs:
        return None
    for pid in (owner.pid, *descendants(owner.pid)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return owner


def _is_refresh(owner: ProcessInfo) -> bool:
    return owner.user == os.geteuid() and any(
        word in MODULES or word.endswith(COMMAND) for word in owner.words
    )


def _record(paths: Paths) -> None:
    own = process_info(os.getpid())
    if own is None:
        return
    row = {"pid": os.getpid(), "started": own.started, "since": time.monotonic()}
    # If this fails, only this process's own timeout ends it.
    with contextlib.suppress(OSError):
        write_atomic(paths.lock_owner, json.dumps(row).encode(), 0o600, sync=False)


def _remove(paths: Paths) -> None:
    with contextlib.suppress(OSError):
        remove_file(paths.lock_owner)
