"""A clone, and a world that it is installed into."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.world import REPOSITORY, World
from usageline.core import paths
from usageline.setup import owned_files
from usageline.system import client_text

WHEELS = Path(sys.prefix) / "wheels"
UV = Path(sys.prefix) / "bin" / "uv"
UV_CACHE = Path(sys.prefix) / "uv-cache"
"""Of what uv unpacked: worlds share it, as installs of one user do."""

LONGEST_S = 150
"""For one install: packages are unpacked and compiled, by a machine that may have much else to do."""

TREE = ("install.sh", "plugin", "hooks")


@dataclass
class Machine:
    """A world, and a clone that is installed into it."""

    world: World
    clone: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of everything that runs here."""
        return self.world.env

    @property
    def settings(self) -> Path:
        """The settings.json that is wired."""
        return Path(paths.claude_settings(self.env))

    @property
    def data_dir(self) -> Path:
        """Where the program goes."""
        return Path(paths.data_dir(self.env))

    @property
    def uv(self) -> Path:
        """The uv on PATH. A test of pip removes it."""
        return self.world.root.with_name(self.world.root.name + "-tools") / "uv"

    def write_settings(self, data: bytes) -> None:
        """Put a settings.json there."""
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_bytes(data)

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run install.sh to its end; gives all that it said."""
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "capture_output": False}
        done = self.world.run(self.clone / "install.sh", *arguments, timeout=LONGEST_S, **both)
        assert done.returncode == expect, done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start install.sh; it is the leader of a session of its own."""
        null = subprocess.DEVNULL
        command = [str(self.clone / "install.sh"), *arguments]
        return subprocess.Popen(
            command, env=self.env, stdin=null, stdout=null, stderr=null, start_new_session=True
        )

    def line(self) -> str:
        """What Claude Code would show: the wired command through a shell."""
        command = json.loads(client_text.decode(self.settings.read_bytes()))["statusLine"][
            "command"
        ]
        done = self.world.run("/bin/sh", "-c", command, stdin=None, input="{}")
        assert done.returncode == 0
        return done.stdout

    def tree(self, *, times: bool = False) -> dict[str, tuple[object, ...]]:
        """Everything under the world's root and the profile: path -> mode, link target or content, and with `times` the modification time."""
        found: dict[str, tuple[object, ...]] = {}
        for path in (*self.world.root.rglob("*"), *self.settings.parent.rglob("*")):
            status = path.lstat()
            content: object = (
                os.readlink(path)
                if path.is_symlink()
                else path.read_bytes()
                if path.is_file()
                else None
            )
            found[str(path)] = (oct(status.st_mode), content, status.st_mtime_ns if times else None)
        return found

    def files(self) -> dict[str, tuple[object, ...]]:
        """The part of `tree` that is no directory."""
        return {path: state for path, state in self.tree().items() if state[1] is not None}

    def wait_for_refreshes(self) -> None:
        """Wait until no process runs from the installed program."""
        deadline = time.monotonic() + 20
        while any(
            str(self.data_dir) in _arguments(process) for process in Path("/proc").glob("[0-9]*")
        ):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _arguments(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def releases(data_dir: Path) -> list[str]:
    """The ids of what is installed."""
    return sorted(filter(owned_files.RELEASE_NAME.fullmatch, os.listdir(data_dir / "releases")))


def make_clone(target: Path) -> Path:
    """Copy to `target` what a clone holds for the installer."""
    target.mkdir(parents=True)
    for name in TREE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


def make_machine(root: Path, clone: Path) -> Machine:
    """Create a world under `root` whose tools install from the downloaded wheels and cannot reach the service.

    Its PATH has uv, with which an install takes a quarter of the time that pip needs.
    """
    world = World(root)
    machine = Machine(world, clone)
    machine.uv.parent.mkdir()
    machine.uv.symlink_to(UV)
    python = os.path.dirname(os.path.realpath(sys.executable))
    world.env.update(
        PATH=f"{python}:/usr/bin:/bin:{machine.uv.parent}", USAGELINE_API_URL="http://127.0.0.1:9"
    )
    world.env.update(
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(WHEELS),
        UV_NO_INDEX="1",
        UV_FIND_LINKS=str(WHEELS),
        UV_OFFLINE="1",
    )
    world.env.update(UV_CACHE_DIR=str(UV_CACHE))
    return machine
