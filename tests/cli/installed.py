"""Install the program into a test's world as install.sh does, with the packages of the tests."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hot import INTERPRETER
from tests.world import Release, build_release
from usageline import __version__
from usageline.cli.doctor.context import Context
from usageline.setup import manifest, releases, settings_changes, settings_entries
from usageline.system import origin_record

if TYPE_CHECKING:
    from tests.world import World
    from usageline.cli.doctor.context import Check

RELEASE_ID = __version__ + "-0123456789"


@dataclass(frozen=True)
class Installed:
    """A world, its release, and the files that an install writes."""

    world: World
    release: Release

    @property
    def settings(self) -> Path:
        """Return the user's settings.json."""
        return Path(self.world.paths.claude_settings)

    @property
    def project(self) -> Path:
        """Return the trusted folder, in which the tests run `usageline`."""
        return self.world.home / "project"

    def read_settings(self) -> dict[str, Any]:
        """Return the object in settings.json."""
        content: dict[str, Any] = json.loads(self.settings.read_text())
        return content

    def change_settings(self, **changes: object) -> None:
        """Change keys of settings.json; None removes one."""
        merged = {**self.read_settings(), **changes}
        self.settings.write_text(
            json.dumps({key: value for key, value in merged.items() if value is not None})
        )

    def add_client(self, version: str = "2.1.330") -> Path:
        """Put a `claude` on PATH that prints this version and adds a line to `claude.runs`."""
        path = self.world.home / ".local" / "bin" / "claude"
        write_script(path, f'echo x >>"$0.runs"\necho "{version} (Claude Code)"\n')
        return path


def write_script(path: Path, body: str) -> None:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def install(world: World) -> Installed:
    """Install release, manifest, settings, command, and a client that trusts a folder."""
    data_dir = world.paths.data_dir
    installed_release = releases.Release(data_dir, RELEASE_ID)
    root = Path(installed_release.root)
    release = build_release(root)
    releases.write_launcher(installed_release)
    (root / "complete").write_text(INTERPRETER + "\n")
    releases.activate(installed_release)
    command = Path(world.paths.command)
    command.parent.mkdir(parents=True)
    command.symlink_to(data_dir + "/current/bin/usageline")
    commands = settings_entries.make_entries(INTERPRETER, data_dir)
    installed = Installed(world, release)
    installed.settings.write_text(settings_changes.add_to_settings("{}\n", commands))
    manifest.save(
        world.paths,
        manifest.Manifest(
            RELEASE_ID,
            data_dir,
            INTERPRETER,
            INTERPRETER,
            (commands.line, commands.hook),
            command=str(command),
        ),
    )
    installed.project.mkdir()
    world.write_state(projects={str(installed.project): {"hasTrustDialogAccepted": True}})
    installed.add_client()
    world.env["PATH"] = f"{command.parent}{os.pathsep}{world.env['PATH']}"
    origin_record.write_record(str(root), world.env)
    return installed


def result_of(check: Check, installed: Installed, **changes: Any) -> tuple[str, str]:
    """Return level and words of a check's result, two empty texts if there is none."""
    context = Context(
        installed.world.env,
        str(changes.pop("cwd", installed.project)),
        **{"managed": str(installed.world.root / "etc"), **changes},
    )
    result = check(context)
    return (result.level, f"{result.text} → {result.advice}") if result else ("", "")
