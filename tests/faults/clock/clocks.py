"""Set a clock for every process of a world: the line, and the refresh.

libfaketime is between the program and the wall clock. It leaves monotonic clocks unchanged.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.crowd.holders import wait_for
from tests.hot import Hot
from usageline.core.freshness import file_fingerprint, is_stale
from usageline.core.json_file import json_file
from usageline.system import lock

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import Release, World

LIBRARIES = (
    "/usr/lib/*/faketime/libfaketime.so.1",
    "/usr/lib*/faketime/libfaketime.so.1",
    "/opt/homebrew/lib/faketime/libfaketime.1.dylib",
)
SLEEP = (
    "import select, time; time.sleep = lambda seconds, wait=select.select: wait([], [], "
    "[], max(seconds, 0)) and None\n"
)
"""libfaketime rejects a sleep until a time that has just passed (EINVAL); no kernel does."""

YEAR_S = 365 * 86400
FLOOR_S = 1
MAX_LIFE_S = 5 * YEAR_S
"""For the sign-in: these tests are about the clock, not about an expired token."""


@dataclass
class Clock:
    """The clock of `world`: `shift_s` from the true time, plus the waits that were skipped.

    `release` belongs to the test, whose interpreter is set to this clock.
    """

    world: World
    release: Release
    api: Api
    shift_s: float = 0
    passed_s: float = 0

    def __post_init__(self) -> None:
        self.hot = Hot(self.world, self.release)
        self.file = self.world.root / "clock"
        library = next(path for pattern in LIBRARIES for path in glob.glob(pattern))
        under = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.world.env |= under
        python = self.release.python
        python.rename(python.with_name("python-itself"))
        exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in under.items())
        python.write_text(
            f'#!/bin/sh\nexport {exports}\nexec {shlex.quote(str(python))}-itself "$@"\n'
        )
        python.chmod(0o755)
        for packages in self.release.root.glob("venv/lib/python3*/site-packages"):
            (packages / "sleep.pth").write_text(SLEEP)
        self.world.sign_in(expires_at=time.time() + MAX_LIFE_S)
        self.set(0)

    @property
    def now(self) -> float:
        """Return the current time of this clock."""
        return time.time() + self.shift_s + self.passed_s

    @property
    def requests(self) -> int:
        """Return the number of requests so far."""
        return len(self.api.usage_requests)

    def set(self, shift_s: float) -> None:
        """Set the clock this many seconds from the true time, also for running processes."""
        self.shift_s = shift_s
        new = self.file.with_name("clock.new")
        new.write_text(f"{shift_s + self.passed_s:+.0f}")
        new.replace(self.file)

    def pass_floor(self) -> None:
        """Skip the minimum interval between two requests: only the clock can prevent one."""
        self.passed_s += 2 * FLOOR_S
        self.set(self.shift_s)

    def refresh(self, *arguments: str) -> None:
        """Run one refresh."""
        done = self.world.run(*self.release.refresh_command, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def line(self, **env: str | None) -> str:
        """Run one line, without waiting for a refresh that it starts."""
        return self.hot.line(**env)

    def settled_line(self) -> str:
        """Run lines until no refresh is due or running. Return the last line."""
        self.line()
        wait_for(lambda: not self.is_due() or not self.is_claimed())
        wait_for(self.lock_is_free)
        return self.line()

    def is_due(self) -> bool:
        """Return whether a line would find a refresh due now."""
        stamp = file_fingerprint(self.world.paths.claude_credentials)
        return bool(is_stale(json_file(self.world.paths.snapshot), stamp, self.now))

    def is_claimed(self) -> bool:
        """Return whether a line has started a refresh that may still run."""
        try:
            return 0 <= self.now - os.stat(self.world.paths.stamp).st_mtime < 12
        except OSError:
            return False

    def lock_is_free(self) -> bool:
        """Return whether no refresh runs."""
        if not Path(self.world.paths.lock).exists():
            return True
        with lock.hold(self.world.paths.lock) as is_owner:
            return is_owner


def assert_sane(line: str) -> None:
    """Assert that no number is negative and nothing was raised.

    No countdown may exceed a window, and no percentage 100.
    """
    assert "-" not in line.replace("sign-in", "").replace("rate-limited", ""), line
    assert all(int(days) < 8 for days in re.findall(r"↻ (\d+)d", line)), line
    assert all(int(hours) < 24 for hours in re.findall(r"↻ (\d+)h", line)), line
    assert all(int(percent) <= 100 for percent in re.findall(r"(\d+)%", line)), line
    assert "please report" not in line, line
