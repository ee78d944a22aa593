"""Keep the pace of requests over all processes of this machine: one a second."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from usageline.sources.org.errors import OrgFailure, later
from usageline.system import lock
from usageline.system.files import NO_LINK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.system.this_process import Clock

INTERVAL_S = 1.0
"""The limits of the service hold for the whole organization, so keep well below them."""

LOCK_TIMEOUT_S = 30.0
MAX_PAUSE_S = 86400.0


class Pace:
    """Waits before each request. Without a `directory` only for this process.

    The file `pace` has the time of the last request. The file `pause` has the end of a pause that
    the service asked for.
    """

    def __init__(self, directory: str, clock: Clock) -> None:
        self._directory, self._clock = directory, clock
        self._last: float | None = None

    def wait(self, host: str) -> None:
        """Wait until a request is allowed. Raise OrgFailure during a pause."""
        left_s = self._pause_left_s()
        if left_s > 0:
            raise OrgFailure(
                f"{host} asked for no requests for a while (429): run it again {later(left_s)}",
                429,
            )
        if self._last is not None:
            self._sleep(self._last + INTERVAL_S - self._clock.monotonic())
        with self._locked() as path:
            last = _time_of(path)
            if last is not None:
                self._sleep(last + INTERVAL_S - self._clock.now())
            self._touch(path, self._clock.now())

    def sent(self) -> None:
        """Note the end of a request: the next one begins a second later."""
        self._last = self._clock.monotonic()
        self._touch(self._path("pace"), self._clock.now())

    def pause(self, seconds: float) -> None:
        """Let no process send a request for so long."""
        self._touch(self._path("pause"), self._clock.now() + min(seconds, MAX_PAUSE_S))

    def _pause_left_s(self) -> float:
        until = _time_of(self._path("pause"))
        left_s = 0.0 if until is None else until - self._clock.now()
        return left_s if left_s <= MAX_PAUSE_S else 0.0  # the clock was wrong

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._clock.sleep(min(seconds, INTERVAL_S))

    def _path(self, name: str) -> str:
        return f"{self._directory}/{name}" if self._directory else ""

    @contextlib.contextmanager
    def _locked(self) -> Iterator[str]:
        path = self._path("pace")
        if not path:
            yield ""
            return
        if _time_of(path) is None:
            self._touch(path, 0)
        with lock.hold_existing(path, LOCK_TIMEOUT_S):
            yield path

    # tried by: nothing, it only sets the time of a file of its own
    def _touch(self, path: str, at: float) -> None:
        """Set the time of a file, and create it if it is missing. Ignore errors."""
        if not path:
            return
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | NO_LINK, 0o600)
            try:
                os.utime(descriptor, (at, at))
            finally:
                os.close(descriptor)


def _time_of(path: str) -> float | None:
    try:
        return os.stat(path, follow_symlinks=False).st_mtime if path else None
    except OSError:
        return None
