"""A clone, and a world to install it into."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.hot import INTERPRETER
from tests.running import wait_until_ended
from tests.world import REPOSITORY, World
from usageline.core.errors import UsagelineError
from usageline.setup import owned_files, release_plan, releases
from usageline.setup.context import SetupContext
from usageline.setup.install import install
from usageline.setup.uninstall import uninstall
from usageline.sources import claude_files
from usageline.system import directories
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from tests.world import Release

WHEELS = Path(sys.prefix) / "wheels"
UV = Path(sys.prefix) / "bin" / "uv"
UV_CACHE = Path(sys.prefix) / "uv-cache"
"""Worlds share what uv unpacked, as installs of one user do."""

TIMEOUT_S = 150
"""One install unpacks and compiles packages, perhaps on a busy machine."""

TREE = ("install.sh", "plugin", "hooks")


@dataclass
class Machine:
    """A world, and the clone whose install.sh runs in it."""

    world: World
    clone: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process."""
        return self.world.env

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)

    @property
    def settings(self) -> Path:
        """The settings.json that an install changes."""
        return Path(self.paths.claude_settings)

    @property
    def data_dir(self) -> Path:
        """The directory of the releases."""
        return Path(self.paths.data_dir)

    @property
    def uv(self) -> Path:
        """The uv on PATH. A test of pip removes it."""
        return self.world.root.with_name(self.world.root.name + "-tools") / "uv"

    def write_settings(self, data: bytes) -> None:
        """Write settings.json."""
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_bytes(data)

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run install.sh and return its output."""
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "capture_output": False}
        done = self.world.run(self.clone / "install.sh", *arguments, timeout=TIMEOUT_S, **both)
        assert done.returncode == expect, done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start install.sh as the leader of a new session."""
        null = subprocess.DEVNULL
        command = [str(self.clone / "install.sh"), *arguments]
        return subprocess.Popen(
            command, env=self.env, stdin=null, stdout=null, stderr=null, start_new_session=True
        )

    def line(self) -> str:
        """Return what Claude Code would show: run the settings' command with a shell."""
        command = json.loads(claude_files.decode(self.settings.read_bytes()))["statusLine"][
            "command"
        ]
        done = self.world.run("/bin/sh", "-c", command, stdin=None, input="{}")
        assert done.returncode == 0
        return done.stdout

    def tree(self, *, times: bool = False) -> dict[str, tuple[object, ...]]:
        """Return the state of each path under the world's root and the profile.

        A state is (mode, link target or content, modification time if `times`).
        """
        states: dict[str, tuple[object, ...]] = {}
        for path in (*self.world.root.rglob("*"), *self.settings.parent.rglob("*")):
            status = path.lstat()
            content: object = (
                os.readlink(path)
                if path.is_symlink()
                else path.read_bytes()
                if path.is_file()
                else None
            )
            modified = status.st_mtime_ns if times else None
            states[str(path)] = (oct(status.st_mode), content, modified)
        return states

    def files(self) -> dict[str, tuple[object, ...]]:
        """Return the states of files and links."""
        return {path: state for path, state in self.tree().items() if state[1] is not None}

    def wait_for_refreshes(self) -> None:
        """Wait until no process runs from the installed program."""
        wait_until_ended(os.fsencode(self.data_dir))


class LocalMachine(Machine):
    """Run install and uninstall in this process, with a release that is built already.

    With an `answer` it stands for a terminal whose user gives it to each question.
    """

    answer: str | None = None

    release_id = "0.1.0-0123456789"
    printed = "text of"
    """What a command of the installed program prints, before its own words."""

    def prints(self, words: tuple[str, ...]) -> bytes:
        """Return what the installed program prints for a command."""
        return f"{self.printed} {' '.join(words)}\n".encode() if self.printed else b""

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Install or uninstall, and return the output."""
        output: list[str] = []
        ctx = SetupContext(
            env=dict(self.env),
            source=str(self.clone),
            show=output.append,
            dry_run="--dry-run" in arguments,
            yes="--yes" in arguments,
            extras=tuple(arguments[arguments.index("--with") + 1 :])
            if "--with" in arguments
            else (),
            keep_both="--keep-both" in arguments,
            purge="--purge" in arguments or None,
            is_interactive=self.answer is not None,
            ask=lambda _: self.answer or "",
        )
        mask = os.umask(0o077)
        try:
            status = uninstall(ctx) if "--uninstall" in arguments else install(ctx)
        except UsagelineError as error:
            output.append(f"usageline: {error}")
            status = 1
        finally:
            os.umask(mask)
        text = "\n".join(output)
        assert status == expect, text
        return text


def installed_releases(data_dir: Path) -> list[str]:
    """Return the ids of the installed releases."""
    return sorted(filter(owned_files.RELEASE_NAME.fullmatch, os.listdir(data_dir / "releases")))


def make_clone(target: Path) -> Path:
    """Copy the installer's part of this clone to `target`."""
    target.mkdir(parents=True)
    for name in TREE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


def make_machine(root: Path, clone: Path) -> Machine:
    """Return a machine below `root` with downloaded wheels and an unreachable service.

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


def copy_release(source: Machine, target: Machine) -> None:
    """Copy the release in use, so that an install into `target` need not build it."""
    release = releases.current(str(source.data_dir))
    assert release is not None
    copied = releases.Release(str(target.data_dir), release.id)
    shutil.copytree(release.root, copied.root, symlinks=True)
    releases.write_launcher(copied)


def place_release(
    machine: Machine, built: Release, extras: tuple[str, ...] = ()
) -> releases.Release:
    """Place the release that the machine's next install builds. Its parts are links to `built`.

    `built` is of the same program, but has the packages of the tests.
    """
    ctx = SetupContext(
        env=machine.env, source=str(machine.clone), show=lambda _: None, extras=extras
    )
    release, (python, *_) = release_plan.plan(ctx, None)
    return _link_parts(release, built, python.path)


def link_release(built: Release, target: Machine, release_id: str) -> releases.Release:
    """Return a release of `target` with that id. Its parts are links to those of `built`."""
    release = releases.Release(str(target.data_dir), release_id)
    return release if release.is_complete() else _link_parts(release, built, INTERPRETER)


def _link_parts(release: releases.Release, built: Release, python: str) -> releases.Release:
    directories.make_directory(release.root)
    for part in ("plugin", "hooks", "venv"):
        os.symlink(built.root / part, f"{release.root}/{part}")
    releases.write_launcher(release)
    Path(release.root, "complete").write_text(python + "\n")
    return release
