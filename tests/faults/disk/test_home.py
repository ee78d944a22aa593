"""Run every program in a home directory that is read-only or full."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.used import Used, used
from tests.org_server import OrgServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.disk.space import Space
    from tests.server import Api
    from tests.world import World

MAX_RUN_S = 120.0
CHANGES = {
    "config preset": ("config", "preset", "minimal"),
    "config set": ("config", "set", "theme", "light"),
    "config add": ("config", "add", "clock"),
    "shared leave": ("shared", "leave"),
    "install": ("install", "--yes"),
    "install --with": ("install", "--yes", "--with", "png"),
    "uninstall": ("uninstall", "--purge"),
}
"""Commands that would change what the user wrote or installed."""

WORDS = ("Read-only file system", "No space left")
FULL_BYTES = 1 << 20


@pytest.fixture
def machine(world: World, api: Api) -> Iterator[Used]:
    """Return a machine on which everything was used."""
    needs("strace", "git", root=True)
    org = OrgServer()
    yield used(world, api, org)
    org.close()


def make_read_only(machine: Used, space: Space) -> None:
    """Make the home directory a read-only file system."""
    space.do("mount", "--bind", machine.home, machine.home)
    space.do("mount", "-o", "remount,bind,ro", machine.home)


def make_full(machine: Used, space: Space) -> None:
    """Make each directory with files of usageline, or of Claude Code, a full file system."""
    for name in (".cache", ".config", ".local/state", ".claude", "metrics"):
        folder = machine.home / name
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        space.do("cp", "-a", folder, machine.world.root / "copy")
        space.mount(folder, f"size={size + FULL_BYTES}")
        space.do("cp", "-a", f"{machine.world.root}/copy/.", folder)
        space.do("rm", "-r", machine.world.root / "copy")
        space.fill(folder)


def precious(machine: Used, space: Space) -> dict[str, bytes | str]:
    """Return what the user wrote, and what an install did, as the commands see it."""
    home = space.inside(machine.home)
    places = [home / name for name in (".config", ".claude", ".claude.json", ".local/bin")]
    places += [space.inside(machine.world.paths.install_manifest)]
    places += [space.inside(machine.world.paths.data_dir + "/current")]
    files = [*places, *(path for place in places if place.is_dir() for path in place.rglob("*"))]
    return {
        str(path): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in files
        if path.is_symlink() or (path.is_file() and path.name != "filler")
    }


@promise(
    "In a home directory that is read-only or full, every command ends without a traceback. One "
    "that would change something names the disk's reason. What the user wrote stays.",
    sees="The line. `… cannot be written: Read-only file system`, or `No space left on device`.",
    topic="disk",
)
@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("make", [make_read_only, make_full], ids=["read-only", "full"])
def test_every_command_in_a_home_that_cannot_be_written(
    machine: Used, space: Space, make: Callable[[Used, Space], None], figure: Callable[[str], None]
) -> None:
    make(machine, space)
    before = precious(machine, space)
    command = str(machine.world.paths.command)
    for name, words in CHANGES.items():
        machine.programs[name] = ([command, *words], b"")
    for name in random.sample(list(machine.programs), len(machine.programs)):
        done = machine.run(name, tuple(space.prefix))
        output = done.output + done.errors
        report = f"{name}: status {done.status}, {done.took_s:.1f} s: {output}"
        assert done.status in {0, 1, 2, 3}, report
        assert "Traceback" not in output, report
        assert "please report it" not in output, report
        assert done.took_s < MAX_RUN_S, report
        if name == "line":
            assert (done.status, done.errors) == (0, ""), report
            assert done.output.strip(), report
        elif name in CHANGES:
            assert done.status == 1, report
            assert any(word in output for word in WORDS), report
        else:
            assert output.strip() or done.status == machine.usual[name], report
        assert precious(machine, space) == before, name
    figure(f"{len(machine.programs)} commands: 0 tracebacks, 0 files changed")
