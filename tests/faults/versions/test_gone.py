"""Test installations with missing parts: the interpreters, files of the release, its link."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import Installed, install
from tests.faults.promises import promise
from tests.faults.versions.lines import line
from tests.hot import INTERPRETER
from tests.setup.machine import Machine, make_clone, make_machine
from tests.world import REPOSITORY, World
from usageline.refresh.run import refresh
from usageline.setup import manifest, settings_changes, settings_entries
from usageline.storage import refresh_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api

AGAIN = "install it again"
TAG = f"python3.{sys.version_info.minor}"


def said_by_the_command(machine: Machine, *arguments: str) -> str:
    """What `usageline` says; nothing of it may be a traceback."""
    done = machine.world.run(machine.paths.command, *arguments)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 1, done.stdout
    return done.stdout + done.stderr


def wire_interpreter(installed: Installed, python: str) -> None:
    """Have the settings' command name that interpreter."""
    record = manifest.load(installed.world.paths)
    assert record is not None
    entries = settings_entries.make_entries(
        python, installed.world.paths.data_dir, frozenset(record.commands)
    )
    installed.settings.write_text(
        settings_changes.add_to_settings(installed.settings.read_text(), entries)
    )
    manifest.save(
        installed.world.paths,
        replace(
            record, interpreter=python, commands=(*record.commands, entries.line, entries.hook)
        ),
    )


def lose_the_lines(installed: Installed) -> None:
    python = installed.world.home / "python3"
    python.symlink_to(INTERPRETER)
    wire_interpreter(installed, str(python))
    python.unlink()


def lose_the_refreshs(installed: Installed) -> None:
    installed.release.python.unlink()
    installed.release.python.symlink_to("/nonexistent/python3")


def lose_both(installed: Installed) -> None:
    lose_the_lines(installed)
    lose_the_refreshs(installed)


def replace_the_refreshs(installed: Installed) -> None:
    # What another minor version under the same path finds: an environment that is not its own.
    library = installed.release.root / "venv" / "lib"
    (library / TAG).rename(library / "python3.9")


ANOTHER = any(os.access(f"/usr/bin/python3.{minor}", os.X_OK) for minor in range(10, 15))
"""Whether a line can go on with another interpreter in a fixed place."""

GONE = {
    "the line's": (lose_the_lines, "37%", "the interpreter of the status line does not exist"),
    "the refresh's": (
        lose_the_refreshs,
        "no refresh: its Python is not on this system",
        "its Python is not on this system",
    ),
    "both": (lose_both, "its Python is not on this system", "its Python is not on this system"),
    "the refresh's, by another version": (
        replace_the_refreshs,
        "37%",
        "its Python was replaced: install it again",
    ),
}


@promise(
    "The interpreter of the line or of the refresh may be gone or replaced by another "
    "version. The status line command, the hook and `usageline` still exit cleanly.",
    sees=(
        "Numbers while they are available, else `install it again`, in the line and from "
        "`usageline doctor`."
    ),
    topic="python",
)
@pytest.mark.slow
def test_an_interpreter_that_is_gone_is_told(
    tmp_path: Path, api: Api, figure: Callable[[str], None]
) -> None:
    for number, (what, (lose, in_the_line, by_doctor)) in enumerate(GONE.items()):
        world = World(tmp_path / f"world-{number}")
        world.env["USAGELINE_API_URL"] = api.url
        installed = install(world)
        machine = Machine(world, REPOSITORY)
        assert refresh(world.env).state == "refreshed"
        lose(installed)
        world.make_due()
        shown = line(machine)
        assert (in_the_line if ANOTHER else "") in shown, what
        assert shown.count("\n") == 1
        hook = installed.read_settings()["hooks"]["SessionStart"][0]["hooks"][0]["command"]
        done = world.run("/bin/sh", "-c", hook)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), what
        assert by_doctor in said_by_the_command(machine, "doctor"), what
        assert AGAIN in said_by_the_command(machine, "doctor"), what
    figure(f"{len(GONE)} ways: a sentence in each, exit status 0 of line and hook")


@promise(
    "A refresh whose packages are gone reports this in its log.",
    sees=(
        "`No module named 'httpx'; install it again` in `usageline doctor --log`, and "
        "numbers with their age."
    ),
    topic="python",
)
def test_packages_that_are_gone_are_told(
    tmp_path: Path, api: Api, figure: Callable[[str], None]
) -> None:
    world = World(tmp_path / "machine")
    world.env["USAGELINE_API_URL"] = api.url
    installed = install(world)
    path = installed.release.root / "venv" / "lib" / TAG / "site-packages" / "usageline.pth"
    path.write_text(str(installed.release.root / "plugin") + "\n")
    done = world.run(*installed.release.refresh_command)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (entry,) = refresh_log.read_last(world.paths, 5)
    assert b"No module named" in entry
    assert b"install it again" in entry
    assert AGAIN in said_by_the_command(Machine(world, REPOSITORY), "doctor")
    figure("one line in the log, exit status 0, and a sentence by usageline doctor")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def current(machine: Machine) -> Path:
    return machine.data_dir / os.readlink(machine.data_dir / "current")


DAMAGES: dict[str, Callable[[Path], list[Path]]] = {
    "the link to it": lambda root: [root.parent.parent / "current"],
    "the bytecode of the segments": lambda root: [
        root / "plugin/usageline/line/segments/__pycache__"
    ],
    "a package": lambda root: [*(root / "venv/lib").glob("python3*/site-packages/httpx")],
    "the environment": lambda root: [root / "venv"],
    "a module and the hook": lambda root: [
        root / "plugin/usageline/refresh/run.py",
        root / "hooks",
    ],
    "the program": lambda root: [root / "plugin"],
}
"""What is removed of the release at a path."""


@promise(
    "A release with a deleted or truncated part never makes the line fail. "
    "Installing it again repairs it.",
    sees=(
        "`install it again` if there can be no line or no refresh. Afterwards everything as before."
    ),
    topic="python",
)
@pytest.mark.full
@pytest.mark.timeout(600)
def test_what_was_deleted_comes_back(
    tmp_path: Path, api: Api, figure: Callable[[str], None]
) -> None:
    machine = make_machine(tmp_path / "machine", make_clone(tmp_path / "clone"))
    machine.env["USAGELINE_API_URL"] = api.url
    machine.run()
    before = shape(machine)
    for what, damage in DAMAGES.items():
        for path in damage(current(machine)):
            remove(path)
        shown = line(machine)
        assert shown.count("\n") == 1, what
        assert "%" in shown or AGAIN in shown, what
        machine.run()
        assert shape(machine) == before, what
        assert "37%" in line(machine), what
        machine.wait_for_refreshes()
    assert "✗" not in machine.world.run(machine.paths.command, "doctor").stdout
    module = current(machine) / "plugin/usageline/refresh/run.py"
    os.truncate(module, 100)
    assert "37%" in line(machine)
    machine.run()
    assert shape(machine) == before
    assert "nothing to change" in machine.run()
    figure(
        f"{len(DAMAGES) + 1} parts, one after the other: "
        "a line each time, and whole again after install.sh"
    )


def shape(machine: Machine) -> dict[str, bytes]:
    """The program's own files and their content, and the names of their bytecode, by path."""
    root = current(machine)
    files = [
        path for part in ("plugin", "hooks") for path in (root / part).rglob("*") if path.is_file()
    ]
    return {
        str(path.relative_to(root)): b"" if path.parent.name == "__pycache__" else path.read_bytes()
        for path in files
    }


@promise(
    "If every interpreter that the installation used is gone, install.sh chooses others, "
    "and the line is as before.",
    sees=(
        "The line drawn by another Python, or a message that its Python is not on this "
        "system. Then the line as before."
    ),
    topic="python",
)
@pytest.mark.full
@pytest.mark.timeout(300)
def test_an_installation_whose_python_is_gone_is_mended(
    tmp_path: Path, api: Api, figure: Callable[[str], None]
) -> None:
    machine = make_machine(tmp_path / "machine", make_clone(tmp_path / "clone"))
    machine.env["USAGELINE_API_URL"] = api.url
    own = machine.env["PATH"]
    python = a_python(tmp_path / "python")
    machine.env["PATH"] = f"{python.parent}:/usr/bin:/bin"
    machine.run()
    record = manifest.load(machine.paths)
    assert record is not None
    assert record.cold == str(python)
    manifest.save(machine.paths, replace(record, interpreter=str(python)))
    machine.run()
    assert str(python) in machine.settings.read_text()
    assert "37%" in line(machine)
    machine.wait_for_refreshes()
    shutil.rmtree(tmp_path / "python")
    shown = line(machine)
    assert "37%" in shown or "its Python is not on this system" in shown
    machine.env["PATH"] = own
    machine.run()
    assert str(python) not in machine.settings.read_text()
    assert "37%" in line(machine)
    assert "✗" not in machine.world.run(machine.paths.command, "doctor").stdout
    machine.wait_for_refreshes()
    figure(
        "the Python of line and refresh removed: a sentence in the line, repaired by one install"
    )


def a_python(root: Path) -> Path:
    """The interpreter that runs the tests, as one of its own that can be removed."""
    base = Path(INTERPRETER)
    python = root / "bin" / "python3"
    python.parent.mkdir(parents=True)
    shutil.copy(base, python)
    (root / "lib").symlink_to(base.parent.parent / "lib")
    subprocess.run([python, "-I", "-c", "import ensurepip, venv"], check=True)
    return python
