"""An install that has its program already and only wires it, and an uninstall, to be killed, and what must hold afterwards."""

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
"""Directories that stay, empty, where the process was killed between removing its record of having made them and removing them."""


def machine(root: Path, built: Release, *, linked: bool) -> tuple[Machine, Scene]:
    """A world with a status line of somebody else's, and a built program that is not in use yet; `linked`: in a few links, not hundreds of files."""
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
    """The wiring of a first install, all but the building of the program."""
    found, scene = machine(root, built, linked=linked)
    scene.keep()
    command = Command([*SETUP, "--yes"], found.env)
    _, wired = _run(found, "--yes"), found.settings.read_bytes()
    scene.assert_nothing_runs()
    turns = iter(range(1_000_000))

    def look() -> None:
        assert _nameless(found.settings.read_bytes()) in (BEFORE, _nameless(wired))

    def again() -> None:
        # In turn taken back, and done once more and then taken back.
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
    """All of it, with what half a change of the configuration left."""
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
    """The settings without the interpreter's name: which one is fastest may differ from install to install."""
    return re.sub(rb"(-x|exec) [^ ]*/python[0-9.]*", rb"\1 python", data)


def complete(root: Path) -> Release:
    """A release as the installer leaves it once it is built, to be copied to where it belongs."""
    built = build_release(root)
    (root / "complete").touch()
    return built
