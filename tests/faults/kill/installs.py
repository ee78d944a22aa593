"""Install with a program that exists already, and uninstall: kill both and check the files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.kill.scene import Scene
from tests.faults.kill.strace import Command
from tests.faults.kill.walk import Case
from tests.hot import INTERPRETER
from tests.setup.machine import make_machine
from tests.world import REPOSITORY, build_release
from usageline.core import paths
from usageline.setup import release_plan, releases
from usageline.setup.context import SetupContext

if TYPE_CHECKING:
    from tests.setup.machine import Machine
    from tests.world import Release

SETUP = [
    INTERPRETER,
    "-I",
    "-B",
    str(REPOSITORY / "plugin" / "usageline" / "setup" / "__main__.py"),
]
BEFORE = b'{\n  "model": "opus",\n  "statusLine": {"type": "command", "command": "mine.sh"}\n}\n'
CHAIN = frozenset({".local", ".local/state"})
"""Empty directories that stay if the process is killed between two removals.

The first removes the record of them, the second the directories.
"""


def machine(root: Path, built: Release, *, linked: bool) -> tuple[Machine, Scene]:
    """Return a world with another program's status line and a built program that is not in use.

    `linked` has a few links instead of hundreds of files.
    """
    found = make_machine(root, REPOSITORY)
    scene = Scene(found.world)
    found.write_settings(BEFORE)
    release, _ = release_plan.plan(
        SetupContext(env=found.env, source=str(REPOSITORY), show=lambda _: None), None
    )
    if linked:
        Path(release.root).mkdir(parents=True)
        for part in built.root.iterdir():
            (Path(release.root) / part.name).symlink_to(part)
    else:
        shutil.copytree(built.root, release.root, symlinks=True)
    releases._write_launcher(release)
    return found, scene


def install(root: Path, built: Release, *, linked: bool = True) -> Case:
    """Return the settings changes of a first install, without building the program."""
    found, scene = machine(root, built, linked=linked)
    scene.keep()
    command = Command([*SETUP, "--yes"], found.env)
    _, wired = _run(found, "--yes"), found.settings.read_bytes()
    scene.assert_nothing_runs()
    turns = iter(range(1_000_000))

    def look() -> None:
        assert _nameless(found.settings.read_bytes()) in (BEFORE, _nameless(wired))

    def again() -> None:
        # Uninstall in turn, or install once more and then uninstall.
        if next(turns) % 2:
            _run(found, "--yes")
            assert _nameless(found.settings.read_bytes()) == _nameless(wired)
            assert _strays(scene) == set()
            backups = list(found.settings.parent.glob("settings.json.usageline-*"))
            assert [path.read_bytes() for path in backups] == [BEFORE]
            assert found.line()
            scene.assert_nothing_runs()
        _take_back(found)

    return Case(scene, command, look, again, lambda: _unwired(found), spare=CHAIN)


def uninstall(root: Path, built: Release, *, linked: bool = True) -> Case:
    """Return an uninstall, with the leftovers of an interrupted configuration change."""
    found, scene = machine(root, built, linked=linked)
    _run(found, "--yes")
    scene.assert_nothing_runs()
    wired = found.settings.read_bytes()
    backup = next(found.settings.parent.glob("settings.json.usageline-*"))
    found.world.configure("")
    Path(paths.config_file(found.env)).with_name(".config.toml.usageline-new").write_text("torn")
    Path(paths.config_file(found.env)).unlink()
    scene.keep()

    def put_back() -> None:
        _unwired(found)
        found.settings.write_bytes(wired)
        backup.write_bytes(BEFORE)

    def look() -> None:
        assert found.settings.read_bytes() in (BEFORE, wired)

    return Case(
        scene,
        Command([*SETUP, "--uninstall"], found.env),
        look,
        lambda: _take_back(found),
        put_back,
        spare=CHAIN,
    )


def _take_back(found: Machine) -> None:
    _run(found, "--uninstall")
    assert found.settings.read_bytes() == BEFORE


def _run(found: Machine, *arguments: str) -> str:
    done = found.world.run(*SETUP, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _unwired(found: Machine) -> None:
    for path in found.settings.parent.glob("*settings.json*"):
        path.unlink()
    found.settings.write_bytes(BEFORE)


def _strays(scene: Scene) -> set[Path]:
    return set(scene.home.rglob(".*-new"))


def _nameless(data: bytes) -> bytes:
    """Return the settings without the interpreter's name, which may differ between installs."""
    return re.sub(rb"(-x|exec) [^ ]*/python[0-9.]*", rb"\1 python", data)


def complete(root: Path) -> Release:
    """Return a complete release to copy."""
    built = build_release(root)
    (root / "complete").touch()
    return built
