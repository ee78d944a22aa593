"""Restore a world after each kill, and check what must hold after any kill."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.running import processes_with

if TYPE_CHECKING:
    from tests.world import World

CHANGING = (".cache", ".config", ".local", "tmp")
"""Everything that a program may write; the identity of the client's files is the sign-in."""

DEADLINE_S = 12.0
"""A refresh ends itself within 10 s."""


@dataclass
class Scene:
    """A world with its own TMPDIR, and the state to restore."""

    world: World
    aside: Path = field(init=False)

    def __post_init__(self) -> None:
        self.aside = self.world.root / "aside"
        (self.home / "tmp").mkdir()
        self.world.env["TMPDIR"] = str(self.home / "tmp")

    @property
    def home(self) -> Path:
        """Return the home directory."""
        return self.world.home

    def keep(self) -> None:
        """Store the current state for `restore`."""
        shutil.rmtree(self.aside, ignore_errors=True)
        self._copy(self.home, self.aside)

    def restore(self) -> None:
        """Restore the stored state."""
        for name in CHANGING:
            shutil.rmtree(self.home / name, ignore_errors=True)
        self._copy(self.aside, self.home)

    def files(self) -> dict[str, str]:
        """Return all files and directories: path below the home -> mode and kind."""
        return {
            str(path.relative_to(self.home)): stat.filemode(path.lstat().st_mode)
            for path in self.home.rglob("*")
        }

    def processes(self) -> list[int]:
        """Return the processes of this world."""
        return processes_with(b"HOME=" + os.fsencode(self.home) + b"\0", "environ")

    def assert_nothing_runs(self, within_s: float = DEADLINE_S) -> None:
        """Assert that no process of this world is left after the program's own deadline."""
        deadline = time.monotonic() + within_s
        while self.processes():
            if time.monotonic() > deadline:
                self._kill_all()
                return
            time.sleep(0.01)

    def _kill_all(self) -> None:
        """Kill every process of this world. Raise AssertionError if there is one."""
        commands = []
        for pid in self.processes():
            with contextlib.suppress(OSError):  # it ended since
                commands.append(Path(f"/proc/{pid}/cmdline").read_bytes())
                os.kill(pid, signal.SIGKILL)
        assert not commands, f"left running: {commands}"

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        for name in CHANGING:
            if (source / name).is_dir():
                shutil.copytree(source / name, target / name, symlinks=True)
