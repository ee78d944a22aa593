"""Who holds the refresh lock: noted beside it, so that the next refresh can end one that hangs.

A holder that dies lets go by itself. One that is stopped, or waits for a disk that is gone, would keep every other refresh away for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.core.json_file import json_file
from usageline.system import lock
from usageline.system.files import remove_file, write_atomic
from usageline.system.process_tree import ProcessInfo, descendants, process_info
from usageline.usage.values import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HANGS_AFTER_S = 13
"""A refresh ends itself after 10 s wherever it is; one that has the lock for longer than this runs no more."""

ENDING_S = 2.0
"""For a holder that was killed to be gone, and its lock with it."""

OURS = ("usageline.refresh", "usageline.cli")
COMMAND = "/usageline/cli/__main__.py"
"""What a process that holds the lock was started as, by a word of its command line, or by the end of one: the installed command is run by path."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds the lock, and for how many seconds by now. Time in which the machine slept is not counted: nothing ran."""

    pid: int
    held_s: float

    @property
    def hangs(self) -> bool:
        """Whether it cannot be at work any more."""
        return self.held_s > HANGS_AFTER_S


@dataclass(frozen=True, slots=True)
class Hold:
    """Whether the lock is `ours`; `ended` is the holder that hung and was killed for it."""

    ours: bool
    ended: Holder | None = None


@contextlib.contextmanager
def held(env: Mapping[str, str]) -> Iterator[Hold]:
    """Hold the refresh lock for the block, and be noted as its holder. A holder that hangs is ended, and the lock waited for a moment.

    LockUnsupported where there can be no lock.
    """
    path = paths.lock(env)
    with contextlib.ExitStack() as stack:
        ours, ended = stack.enter_context(lock.hold(path)), None
        if not ours:
            ended = _end_hanging(env)
            ours = ended is not None and stack.enter_context(lock.hold(path, ENDING_S))
        if ours:
            _note(env)
            # A process that goes on after its refresh must not be taken for the holder while somebody else is.
            stack.callback(_forget, env)
        yield Hold(ours, ended)


def holder(env: Mapping[str, str]) -> Holder | None:
    """Who holds the lock, if the process that was noted is there still. Ask it while the lock is held; what the file says is not trusted."""
    noted = json_file(paths.lock_holder(env)) or {}
    pid, since = (
        number(noted.get("pid"), 2, 1 << 31),
        number(noted.get("since"), 0, time.monotonic()),
    )
    if pid is None or since is None or pid == os.getpid():
        return None
    # A process that got the number of a dead one is another's: it was started at another time.
    found = process_info(int(pid))
    if found is None or found.started != noted.get("started") or not _is_ours(found):
        return None
    return Holder(int(pid), time.monotonic() - since)


def _end_hanging(env: Mapping[str, str]) -> Holder | None:
    """The holder, where it hung and was killed with all that it started."""
    found = holder(env)
    if found is None or not found.hangs:
        return None
    for pid in (found.pid, *descendants(found.pid)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return found


def _is_ours(found: ProcessInfo) -> bool:
    return found.user == os.geteuid() and any(
        word in OURS or word.endswith(COMMAND) for word in found.words
    )


def _note(env: Mapping[str, str]) -> None:
    own = process_info(os.getpid())
    if own is not None:
        noted = {"pid": os.getpid(), "started": own.started, "since": time.monotonic()}
        with contextlib.suppress(OSError):  # without it nobody ends this run but itself
            write_atomic(paths.lock_holder(env), json.dumps(noted).encode(), 0o600, sync=False)


def _forget(env: Mapping[str, str]) -> None:
    with contextlib.suppress(OSError):
        remove_file(paths.lock_holder(env))
