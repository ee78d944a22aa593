"""Start background work from a program that stays open, with the throttles of the status line."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Any

from usageline.core import background, formatting, freshness, jobs, throttle, windows
from usageline.line import spawn
from usageline.line.main import PROBLEMS
from usageline.system.paths import Paths

LOCAL_INTERVAL_S = 60
"""Between two jobs that read the transcripts, while a program stays open."""


class Refreshes:
    """Start a refresh when one is due, with the throttle of the status line.

    The refresh runs in its own session, and nothing waits for it.
    """

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._running: subprocess.Popen[bytes] | None = None
        self._job: subprocess.Popen[bytes] | None = None

    def start_if_due(self, snapshot: dict[str, Any] | None, credentials: str, now: float) -> str:
        """Start a refresh if one is due. Return a note for the user, or ""."""
        if self._running is not None and self._running.poll() is None:
            return "refreshing"
        if not freshness.is_stale(snapshot, credentials, now):
            return ""
        failure = throttle.last_failure(Paths(self._env).stamp, now)
        refused = throttle.acquire_refresh(self._env, now)
        if not refused:
            try:
                self._running = self._start()
            except OSError:
                refused = "uninstalled"
        # If `refused` is `recent`, a status line has just started a refresh.
        return PROBLEMS.get(refused) or PROBLEMS.get(failure, "refreshing")

    def start_local_if_due(self, now: float) -> None:
        """Start the job that reads new parts of the transcripts, unless one ran recently."""
        if not jobs.claim(self._env, jobs.LOCAL, jobs.LOCAL_KEY, now, LOCAL_INTERVAL_S):
            return
        with contextlib.suppress(OSError):
            self._job = self._run(spawn.job_command(sys.executable, [jobs.LOCAL]))

    def _start(self) -> subprocess.Popen[bytes]:
        return self._run(background.refresh_command(sys.executable, "watch"))

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        # `spawn.launch_refresh` is not usable here: it closes every file of its process.
        null = subprocess.DEVNULL
        return subprocess.Popen(
            command,
            env=background.refresh_environment(self._env),
            stdin=null,
            stdout=null,
            stderr=null,
            cwd="/",
            start_new_session=True,
        )


def next_refresh(snapshot: dict[str, Any], now: float) -> str:
    """Return when the next refresh is due, "" if the snapshot has no time."""
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    return "" if due_at is None else f"next refresh in {formatting.ago(max(due_at - now, 0))}"
