"""Store the results of background jobs, and lock each job by its stamp file."""

from __future__ import annotations

import contextlib
import os

from usageline.core import throttle
from usageline.core.errors import CacheUnsafe
from usageline.system import light_json
from usageline.system.directories import clear_path, prepare, private_directory
from usageline.system.files import NO_LINK, failure_of, write_atomic

try:
    import fcntl
except ImportError:  # Windows: only the throttle keeps a job from running twice
    fcntl = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from usageline.system.paths import Paths

MAX_AGE_S = 7 * 86400
MAX_JOBS = 64
"""Jobs whose files are kept."""


@contextlib.contextmanager
def lock(paths: Paths, kind: str, key: str) -> Iterator[bool]:
    """Hold the job's lock for the block; yield False if another process runs the job.

    Raise CacheUnsafe, LookupError or OSError if there can be no lock. The kernel releases it when
    its owner dies; children do not inherit it.
    """
    prepare(paths)
    private_directory(paths.jobs_dir)
    for path in (paths.job_stamp(kind, key), paths.job_result(kind, key)):
        clear_path(path)
    fd = os.open(paths.job_stamp(kind, key), os.O_RDWR | os.O_CREAT | NO_LINK, 0o600)
    try:
        yield _locked(fd)
    finally:
        os.close(fd)


def write(paths: Paths, kind: str, key: str, value: Mapping[str, object]) -> None:
    """Replace the job's result. Call this under its lock.

    Raise OSError if it cannot be written; the job then starts less often.
    """
    try:
        write_atomic(paths.job_result(kind, key), encode(value), 0o600, sync=False)
    except OSError as fault:
        throttle.record_failure(paths.job_stamp(kind, key), failure_of(fault))
        raise
    throttle.record_success(paths.job_stamp(kind, key))


def encode(value: Mapping[str, object]) -> bytes:
    """Return a result as the bytes of its file."""
    return light_json.dumps(value).encode("utf-8", "replace") + b"\n"


def prune(paths: Paths, now: float) -> None:
    """Remove the files of jobs that did not run for MAX_AGE_S, and all but the MAX_JOBS latest.

    `now` is epoch seconds. Raise nothing.
    """
    directory = paths.jobs_dir
    with contextlib.suppress(OSError, CacheUnsafe):
        if not os.path.isdir(directory):
            return
        private_directory(directory)
        latest: dict[str, float] = {}
        files: dict[str, list[str]] = {}
        for entry in os.scandir(directory):
            # A temporary file of a killed run begins with a dot.
            job = entry.name.lstrip(".").partition(".")[0]
            latest[job] = max(latest.get(job, 0), entry.stat(follow_symlinks=False).st_mtime)
            files.setdefault(job, []).append(entry.path)
        since = now - MAX_AGE_S
        for rank, job in enumerate(sorted(latest, key=latest.__getitem__, reverse=True)):
            if rank >= MAX_JOBS or latest[job] < since:
                for path in files[job]:
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
