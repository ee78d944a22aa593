"""What must not grow while a crowd draws: processes, files, bytes, and what one refresh needs."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from usageline.core import paths

if TYPE_CHECKING:
    from tests.server import Api, Request
    from tests.world import Release, World


@dataclass
class Watch:
    """Looks at a world while it is in use. `refreshes` that ran at once, `files` and the cache's `sizes` in bytes, at each look and request; `descriptors` and `peaks_kb` (KiB) of one."""

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
        """Once."""
        self.refreshes.append(len(refreshes(self.release)))
        self.files.append(len(self.world.files()))
        self.sizes.append(sum(size(path) for path in self.world.cache.rglob("*")))

    def _look_at_refresh(self, _request: Request) -> None:
        """The descriptors and the peak memory of whoever asks, in the middle of its request: always at the same point."""
        self.refreshes.append(len(refreshes(self.release)))
        with contextlib.suppress(OSError, ValueError):
            pid = json.loads(Path(paths.lock_holder(self.world.env)).read_text())["pid"]
            fields = dict(
                line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            self.descriptors.append(len(os.listdir(f"/proc/{pid}/fd")))
            self.peaks_kb.append(int(fields["VmHWM"].split()[0]))


def refreshes(release: Release) -> list[int]:
    """The refreshes of that release that run."""
    found, command = [], [os.fsencode(word) for word in release.refresh_command]
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as file:
            if file.read().split(b"\0")[: len(command)] == command:
                found.append(int(name))
    return found


def size(path: Path) -> int:
    """The file's size in bytes; 0 where it is gone, or no file."""
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0
