"""Measure what must not grow with many sessions: processes, files, bytes, and one refresh."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.server import Api, Request
    from tests.world import Release, World


@dataclass
class Watch:
    """Observe a world in use.

    Each observation and request records concurrent `refreshes`, `files` and the cache's `sizes` in
    bytes. `descriptors` and `peaks_kb` (KiB) are those of one refresh.
    """

    world: World
    release: Release
    api: Api
    refreshes: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    peaks_kb: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api.on_request = self._look_at_refresh

    def look(self) -> None:
        """Observe once."""
        self.refreshes.append(len(refreshes(self.release)))
        self.files.append(len(self.world.files()))
        self.sizes.append(sum(size(path) for path in self.world.cache.rglob("*")))

    def _look_at_refresh(self, _request: Request) -> None:
        """Record descriptors and peak memory of the process that sends a request."""
        self.refreshes.append(len(refreshes(self.release)))
        with contextlib.suppress(OSError, ValueError):
            pid = json.loads(Path(self.world.paths.lock_owner).read_text())["pid"]
            fields = dict(
                line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            self.descriptors.append(len(os.listdir(f"/proc/{pid}/fd")))
            self.peaks_kb.append(int(fields["VmHWM"].split()[0]))


def refreshes(release: Release) -> list[int]:
    """Return the running refreshes of that release."""
    pids, command = [], [os.fsencode(word) for word in release.refresh_command]
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as file:
            if file.read().split(b"\0")[: len(command)] == command:
                pids.append(int(name))
    return pids


def size(path: Path) -> int:
    """Return the file's size in bytes, 0 if it is gone or not a file."""
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0
