"""A mount namespace for a test, with file systems that are small, read-only or gone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.needs import NAMESPACE
from tests.running import wait_until_ended

if TYPE_CHECKING:
    from tests.world import World

AS_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""Before a command: run as a user who owns the same files and is not root, so that modes apply."""


class Space:
    """The namespace.

    It ends with its file systems when its last process ends; `close` ends the first.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._keeper = subprocess.Popen(
            [*NAMESPACE, "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout
        assert self._keeper.stdout.readline() == b"\n"
        self.prefix = [
            "nsenter",
            "--preserve-credentials",
            "--user",
            "--mount",
            "--target",
            str(self._keeper.pid),
            "--",
        ]
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

    def close(self) -> None:
        """End the process that keeps it."""
        wait_for_background(self.world)
        self._keeper.communicate(timeout=20)

    def do(self, *command: str | Path, fine: tuple[int, ...] = (0,)) -> None:
        """Run a command of the test in it."""
        done = subprocess.run(
            [*self.prefix, *map(str, command)], check=False, capture_output=True, env=self.env
        )
        assert done.returncode in fine, done.stderr

    def mount(self, path: str | Path, options: str) -> None:
        """Mount a tmpfs with these options."""
        Path(self.inside(path)).mkdir(parents=True, exist_ok=True)
        self.do("mount", "-t", "tmpfs", "-o", options + ",mode=0700", "none", path)

    def inside(self, path: str | Path) -> Path:
        """Return the path as this process can access it."""
        return Path(f"/proc/{self._keeper.pid}/root{path}")

    def fill(self, path: str | Path) -> None:
        """Fill the file system of that directory to the last block."""
        self.do("dd", "if=/dev/zero", f"of={path}/filler", "bs=1k", fine=(1,))

    def run(self, *command: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as `World.run`, in the namespace."""
        return self.world.run(*self.prefix, *map(str, command), **options)


def wait_for_background(world: World) -> None:
    """Wait until everything that a line or a hook started has ended.

    Each ends itself within ten seconds.
    """
    wait_until_ended(b"HOME=" + os.fsencode(world.home) + b"\0", "environ", timeout_s=40)
