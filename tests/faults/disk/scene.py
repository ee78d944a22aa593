"""Run a session on one machine whose disk or directories fail."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from tests.faults.disk.space import wait_for_background
from tests.hot import Hot
from tests.world import CANARY
from usageline.core.throttle import BACKOFF_S

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.faults.disk.space import Space
    from tests.server import Api
    from tests.world import Release, World

OLD_S = 1200
COUNTING = """#!/bin/sh
case "$*" in *usageline.refresh*) echo x >>'{log}' ;; esac
exec "$0.real" "$@"
"""


class Scene:
    """The world as seen in its namespace. `took_s` is the longest duration of a line."""

    def __init__(self, world: World, space: Space, api: Api, release: Release) -> None:
        self.world, self.space, self.api, self.release = world, space, api, release
        self.hot = Hot(world, release)
        self.hot.command = [*space.prefix, *self.hot.command]
        self.took_s = 0.0
        self._log = world.root / "refreshes"
        python = release.python
        python.rename(python.with_name("python.real"))
        python.write_text(COUNTING.format(log=self._log))
        python.chmod(0o700)

    @property
    def starts(self) -> int:
        """Return the number of refreshes that lines have started."""
        return len(self._log.read_text().split()) if self._log.exists() else 0

    @property
    def snapshot(self) -> Path:
        """Return the snapshot's path."""
        return self.space.inside(self.world.paths.snapshot)

    def line(self) -> str:
        """Return what the client shows; fail if it is not a line (`Hot.line`)."""
        began = time.monotonic()
        line = self.hot.line()
        self.took_s = max(self.took_s, time.monotonic() - began)
        return line

    def settled_line(self) -> str:
        """Return the line after everything that this one started has ended."""
        self.line()
        wait_for_background(self.world)
        return self.line()

    def get_numbers(self) -> None:
        """Fetch numbers from the service."""
        assert "37%" in self.settled_line()

    def grow_old(self) -> None:
        """Make the numbers `OLD_S` old and a refresh due.

        Write in place: there may be no room for another file.
        """
        content = json.loads(self.snapshot.read_text())
        content.update(observed_at=content["observed_at"] - OLD_S, next_refresh_at=1)
        with self.snapshot.open("r+") as file:
            file.write(json.dumps(content, separators=(",", ":"), ensure_ascii=False))
            file.truncate()

    def ask(self) -> None:
        """Refresh once more; two requests to this machine are a second apart."""
        before = len(self.api.usage_requests)
        for _ in range(20):
            self.usageline("refresh", "--force")
            if len(self.api.usage_requests) > before:
                return
        raise AssertionError("it was not asked")

    def a_minute_passes(self) -> None:
        """Move the last attempt so far back that the next line may try again."""
        stamp = self.space.inside(self.world.paths.stamp)
        times = _times(stamp)
        if times is not None:
            with contextlib.suppress(OSError):  # read-only: then no line can try anything either
                os.utime(stamp, (times[0], times[1] - BACKOFF_S - 1))

    def usageline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        done = self.space.run(self.release.python, "-I", "-B", "-m", "usageline.cli", *arguments)
        assert "Traceback" not in done.stdout + done.stderr
        assert CANARY not in done.stdout + done.stderr
        return done

    def tokens_found(self) -> list[Path]:
        """Return the files with the token, without the client's own."""
        homes = {self.world.root, self.space.inside(self.world.home)}
        return [
            path
            for home in homes
            for path in home.rglob("*")
            if path.is_file()
            and not path.is_symlink()
            and path.name not in {".credentials.json", "filler"}
            and _holds(path, CANARY.encode())
        ]


def _times(path: Path) -> tuple[float, float] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_atime, stat.st_mtime


def _holds(path: Path, text: bytes) -> bool:
    try:
        return text in path.read_bytes()
    except OSError:
        return False


def stray(names: Any) -> list[str]:
    """Return the names of leftover temporary files."""
    return [name for name in names if name.endswith((".usageline-new", "-journal"))]
