"""Install without room or without a writable place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk.space import Space
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.setup.machine import make_clone, make_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = b'{"model": "opus"}\n'
PROGRAM, STATE, CLAUDE = ".local", ".local/state", ".claude"

CASES = {
    "no room for the program": (PROGRAM, "size=300k", "No space left on device"),
    "no inodes": (PROGRAM, "size=64m,nr_inodes=40", "No space left on device"),
    "no room for the packages": (PROGRAM, "size=8m", "No space left on device"),
    "no room for the record": (STATE, "size=4k,nr_inodes=1", "No space left on device"),
    "read-only": (PROGRAM, "ro", "Read-only file system"),
    "the record read-only": (STATE, "ro", "Read-only file system"),
}
QUICK = ("no room for the program", "read-only")


def content(space: Space, home: Path) -> dict[str, bytes | None]:
    """Return the content of the home directory in the namespace: None for a directory."""
    inside = space.inside(home)
    return {
        str(path.relative_to(inside)): path.read_bytes() if path.is_file() else None
        for path in inside.rglob("*")
    }


@promise(
    "An install that runs out of room changes nothing, leaves nothing and names the place "
    "that is full. This holds for the program, the packages, the record, missing inodes "
    "and a read-only disk.",
    sees=(
        "`usageline: …: No space left on device. Free some space on that disk. Run it again "
        "when that is solved.`"
    ),
    topic="setup",
)
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.full) for name in CASES]
)
@pytest.mark.slow
def test_an_install_without_room(
    name: str, tmp_path: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    needs("unshare", "nsenter", "mount", mounts=True)
    directory, options, words = CASES[name]
    machine = make_machine(tmp_path / "world", make_clone(tmp_path / "clone"))
    machine.write_settings(SETTINGS)
    home = machine.world.home
    space = Space(machine.world)
    try:
        space.mount(home / directory, options)
        before = content(space, home)
        done = space.run(machine.clone / "install.sh", timeout=200)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert content(space, home) == before
        if size(0, 1) and name in QUICK:
            space.do("mount", "-o", "remount,rw,size=200m,nr_inodes=100000", home / directory)
            assert space.run(machine.clone / "install.sh", timeout=200).returncode == 0
            assert b"statusLine" in space.inside(machine.settings).read_bytes()
    finally:
        space.close()
    figure(f"{name}: {len(before)} files and directories unchanged")


@pytest.mark.full
@pytest.mark.timeout(300)
@promise(
    "A full or read-only /tmp does not prevent an install: packages are unpacked beside "
    "the program.",
    sees="The line.",
    topic="setup",
)
@pytest.mark.parametrize("options", ["size=16k", "ro"])
def test_an_install_without_a_tmp(
    options: str, tmp_path_factory: pytest.TempPathFactory, figure: Callable[[str], None]
) -> None:
    needs("unshare", "nsenter", "mount", mounts=True)
    root = tmp_path_factory.mktemp("machine")
    machine = make_machine(root / "world", make_clone(root / "clone"))
    machine.env.pop("USAGELINE_API_URL")
    machine.write_settings(SETTINGS)
    space = Space(machine.world)
    try:
        # What the test needs of /tmp is visible through an extra mount.
        space.do("mount", "--bind", root, "/mnt")
        space.do("mount", "-t", "tmpfs", "-o", options, "none", "/tmp")
        machine.world.env["HOME"] = "/mnt/world/home"
        machine.world.env["USAGELINE_API_URL"] = "http://127.0.0.1:9"
        done = space.run("sh", "-c", "cd /mnt && exec /mnt/clone/install.sh", timeout=200)
        assert done.returncode == 0, done.stderr
        command = json.loads(space.inside(machine.paths.claude_settings).read_text())["statusLine"][
            "command"
        ]
        line = space.run("sh", "-c", command, input="{}", stdin=None)
        assert (line.returncode, line.stdout.count("\n")) == (0, 1)
    finally:
        space.close()
    figure(f"/tmp {options}: installed")
