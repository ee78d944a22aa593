"""Install with a program that exists already, and uninstall: kill both and check the files."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.kill.scene import Scene
from tests.faults.kill.strace import Command
from tests.faults.kill.walk import Case
from tests.hot import INTERPRETER
from tests.setup.machine import make_machine, place_release
from usageline.core import paths
from usageline.setup import manifest

if TYPE_CHECKING:
    from tests.setup.machine import Machine
    from tests.world import Release

BEFORE = b'{\n  "model": "opus",\n  "statusLine": {"type": "command", "command": "mine.sh"}\n}\n'
EXTRA = "png"
CHAIN = frozenset({".local", ".local/state"})
"""Empty directories that stay if the process is killed between two removals.

The first removes the record of them, the second the directories.
"""


@dataclass(frozen=True)
class Program:
    """A clone, and the release that its install would build."""

    clone: Path
    built: Release
    is_linked: bool = True
    """Whether the installed program has a few links instead of hundreds of files."""

    def machine(self, root: Path) -> tuple[Machine, Scene]:
        """Return a world with another program's status line and this program, not in use."""
        result = make_machine(root, self.clone)
        scene = Scene(result.world)
        result.write_settings(BEFORE)
        release = place_release(result, self.built)
        if not self.is_linked:
            for part in filter(Path.is_symlink, Path(release.root).iterdir()):
                target = part.readlink()
                part.unlink()
                shutil.copytree(target, part, symlinks=True)
        return result, scene


def setup_command(clone: Path) -> list[str]:
    """Return the command that install.sh runs."""
    script = clone / "plugin/usageline/setup/__main__.py"
    return [INTERPRETER, "-I", "-B", str(script)]


def install(root: Path, program: Program) -> Case:
    """Return the settings changes of a first install, without building the program."""
    target, scene = program.machine(root)
    scene.keep()
    command = Command([*setup_command(target.clone), "--yes"], target.env)
    _, wired = _run(target, "--yes"), target.settings.read_bytes()
    scene.assert_nothing_runs()
    turns = iter(range(1_000_000))

    def look() -> None:
        assert _nameless(target.settings.read_bytes()) in (BEFORE, _nameless(wired))

    def again() -> None:
        # Uninstall in turn, or install once more and then uninstall.
        if next(turns) % 2:
            _run(target, "--yes")
            assert _nameless(target.settings.read_bytes()) == _nameless(wired)
            assert _strays(scene) == set()
            backups = list(target.settings.parent.glob("settings.json.usageline-*"))
            assert [path.read_bytes() for path in backups] == [BEFORE]
            assert target.line()
            scene.assert_nothing_runs()
        _take_back(target)

    return Case(scene, command, look, again, lambda: _unwired(target), spare=CHAIN)


def extra(root: Path, program: Program) -> Case:
    """Return an install that adds an extra, in a shell that gets a completion, and replaces one.

    The installed program is one without the extra.
    """
    target, scene = program.machine(root)
    target.env["SHELL"] = "/bin/bash"
    _run(target, "--yes")
    place_release(target, program.built, extras=(EXTRA,))
    scene.assert_nothing_runs()
    completion = scene.home / ".local/share/bash-completion/completions/usageline"
    completion.write_text("# of an earlier version\n")
    _own(target, completion)
    scene.keep()
    wired = target.settings.read_bytes()
    before = completion.read_bytes()
    manual = scene.home / ".local/share/man/man1/usageline.1"
    page = manual.read_bytes()
    backup = next(target.settings.parent.glob("settings.json.usageline-*"))
    command = Command([*setup_command(target.clone), "--yes", "--with", EXTRA], target.env)
    _run(target, "--yes", "--with", EXTRA)
    after = completion.read_bytes()
    assert after != before
    turns = iter(range(1_000_000))

    def put_back() -> None:
        _unwired(target)
        target.settings.write_bytes(wired)
        backup.write_bytes(BEFORE)

    def look() -> None:
        assert target.settings.read_bytes() == wired
        assert completion.read_bytes() in (before, after)
        assert manual.read_bytes() == page
        assert target.line()
        scene.assert_nothing_runs()

    def again() -> None:
        if next(turns) % 2:
            _run(target, "--yes", "--with", EXTRA)
            assert completion.read_bytes() == after
            record = manifest.load(target.paths)
            assert record is not None
            assert EXTRA in record.extras
            assert _strays(scene) == set()
            scene.assert_nothing_runs()
        _take_back(target)

    return Case(scene, command, look, again, put_back, spare=CHAIN)


def _own(target: Machine, completion: Path) -> None:
    """Record the completion as one that the install wrote."""
    record = manifest.load(target.paths)
    assert record is not None
    digests = {**record.shell_files, str(completion): (manifest.digest(completion.read_bytes()),)}
    manifest.save(target.paths, replace(record, shell_files=digests))


def uninstall(root: Path, program: Program) -> Case:
    """Return an uninstall, with the leftovers of an interrupted configuration change."""
    target, scene = program.machine(root)
    _run(target, "--yes")
    scene.assert_nothing_runs()
    wired = target.settings.read_bytes()
    backup = next(target.settings.parent.glob("settings.json.usageline-*"))
    target.world.configure("")
    Path(paths.config_file(target.env)).with_name(".config.toml.usageline-new").write_text("torn")
    Path(paths.config_file(target.env)).unlink()
    scene.keep()

    def put_back() -> None:
        _unwired(target)
        target.settings.write_bytes(wired)
        backup.write_bytes(BEFORE)

    def look() -> None:
        assert target.settings.read_bytes() in (BEFORE, wired)

    return Case(
        scene,
        Command([*setup_command(target.clone), "--uninstall"], target.env),
        look,
        lambda: _take_back(target),
        put_back,
        spare=CHAIN,
    )


def _take_back(target: Machine) -> None:
    _run(target, "--uninstall")
    assert target.settings.read_bytes() == BEFORE


def _run(target: Machine, *arguments: str) -> str:
    done = target.world.run(*setup_command(target.clone), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _unwired(target: Machine) -> None:
    for path in target.settings.parent.glob("*settings.json*"):
        path.unlink()
    target.settings.write_bytes(BEFORE)


def _strays(scene: Scene) -> set[Path]:
    return set(scene.home.rglob(".*-new"))


def _nameless(data: bytes) -> bytes:
    """Return the settings without the interpreter's name, which may differ between installs."""
    return re.sub(rb"[^ ]*/python[0-9.]*(?= )", b"python", data)
