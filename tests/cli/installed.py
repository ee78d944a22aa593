"""A world in which the program is installed just as install.sh leaves it, in no time: the packages are those that the tests run with."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hot import INTERPRETER
from tests.world import build_release
from usageline import __version__
from usageline.core import paths
from usageline.setup import manifest, releases, settings_changes
from usageline.system import origin

if TYPE_CHECKING:
    from tests.world import Release, World

RELEASE_ID = __version__ + "-0123456789"


@dataclass(frozen=True)
class Installed:
    """The world, its release, and the files that an install writes."""

    world: World
    release: Release

    @property
    def settings(self) -> Path:
        """The user's settings.json."""
        return Path(paths.claude_settings(self.world.env))

    @property
    def project(self) -> Path:
        """The folder that Claude Code was told to trust, and that `usageline` is run in."""
        return self.world.home / "project"

    def read_settings(self) -> dict[str, Any]:
        """settings.json as it is."""
        found: dict[str, Any] = json.loads(self.settings.read_text())
        return found

    def change_settings(self, **changes: object) -> None:
        """Change keys of settings.json; None takes one out."""
        merged = {**self.read_settings(), **changes}
        self.settings.write_text(
            json.dumps({key: value for key, value in merged.items() if value is not None})
        )

    def add_client(self, version: str = "2.1.330") -> Path:
        """Put a `claude` on PATH that tells this version, and a file beside it for each time that it is run."""
        path = self.world.home / ".local" / "bin" / "claude"
        write_script(path, f'echo x >>"$0.runs"\necho "{version} (Claude Code)"\n')
        return path


def write_script(path: Path, body: str) -> None:
    """Write a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def install(world: World) -> Installed:
    """Install into `world`: release, record, settings, command, and a client that trusts a folder."""
    data_dir = paths.data_dir(world.env)
    built = releases.Release(data_dir, RELEASE_ID)
    release = build_release(Path(built.root))
    releases._write_launcher(built)
    Path(built.root, "complete").write_text(INTERPRETER + "\n")
    releases.activate(built)
    command = Path(paths.command(world.env))
    command.parent.mkdir(parents=True)
    command.symlink_to(data_dir + "/current/bin/usageline")
    ours = settings_changes.make_entries(INTERPRETER, data_dir)
    installed = Installed(world, release)
    installed.settings.write_text(settings_changes.add_to_settings("{}\n", ours))
    manifest.save(
        world.env,
        manifest.Manifest(
            RELEASE_ID,
            data_dir,
            INTERPRETER,
            INTERPRETER,
            (ours.line, ours.hook),
            command=str(command),
        ),
    )
    installed.project.mkdir()
    world.write_state(projects={str(installed.project): {"hasTrustDialogAccepted": True}})
    installed.add_client()
    world.env["PATH"] = f"{command.parent}{os.pathsep}{world.env['PATH']}"
    origin.record(built.root, world.env)
    return installed
