"""The files of the looks: results, and the stamps whose locks make each look single."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING

from usageline.core import jobs, paths, throttle
from usageline.core.errors import CacheUnsafe
from usageline.system import disk
from usageline.system.directories import make_way, prepare, private_directory
from usageline.system.files import write_atomic

try:
    import fcntl
except ImportError:  # Windows: nothing there makes a look single but the claim
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A FIFO would wait for a writer.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

OLD_S = 7 * 86400
MOST = 64
"""Looks whose files are kept."""


@contextlib.contextmanager
def held(env: Mapping[str, str], kind: str, key: str) -> Iterator[bool]:
    """Hold the look's lock for the block; False where another process is at it. CacheUnsafe, LookupError or OSError where there is none.

    The kernel lets go of it when its holder dies. It is not passed on to what is started.
    """
    prepare(env)
    private_directory(paths.looks_dir(env))
    for path in (jobs.stamp_file(env, kind, key), jobs.result_file(env, kind, key)):
        make_way(path)
    fd = os.open(jobs.stamp_file(env, kind, key), os.O_RDWR | os.O_CREAT | _SAFELY, 0o600)
    try:
        yield _locked(fd)
    finally:
        os.close(fd)


def write(env: Mapping[str, str], kind: str, key: str, value: Mapping[str, object]) -> None:
    """Replace the look's result. Call it under its lock. OSError where it cannot be written: then the next look is not so soon."""
    try:
        write_atomic(jobs.result_file(env, kind, key), encoded(value), 0o600, sync=False)
    except OSError as fault:
        throttle.record_failure(jobs.stamp_file(env, kind, key), disk.failure_of(fault))
        raise
    throttle.record_success(jobs.stamp_file(env, kind, key))


def encoded(value: Mapping[str, object]) -> bytes:
    """A result as the bytes of its file."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def sweep(env: Mapping[str, str]) -> None:
    """Remove the files of looks that nobody had done for a week, and of all but the MOST latest. Raises nothing."""
    directory = paths.looks_dir(env)
    with contextlib.suppress(OSError, CacheUnsafe):
        if not os.path.isdir(directory):
            return
        private_directory(directory)
        latest: dict[str, float] = {}
        files: dict[str, list[str]] = {}
        for entry in os.scandir(directory):
            look = entry.name.lstrip(".").partition(".")[
                0
            ]  # a temporary file of a killed run begins with a dot
            latest[look] = max(latest.get(look, 0), entry.stat(follow_symlinks=False).st_mtime)
            files.setdefault(look, []).append(entry.path)
        since = time.time() - OLD_S
        for rank, look in enumerate(sorted(latest, key=latest.__getitem__, reverse=True)):
            if rank >= MOST or latest[look] < since:
                for path in files[look]:
                    with contextlib.suppress(OSError):
                        os.unlink(path)


def _locked(fd: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
