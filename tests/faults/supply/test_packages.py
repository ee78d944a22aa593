"""Packages that are not what was pinned."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise
from tests.setup.machine import WHEELS, installed_releases, make_clone, make_machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.setup.machine import Machine


def one_byte_changed(wheels: Path, _lists: Path) -> None:
    (wheel,) = wheels.glob("tomlkit-*.whl")
    data = bytearray(wheel.read_bytes())
    data[len(data) // 2] ^= 1
    wheel.write_bytes(data)


def code_added(wheels: Path, _lists: Path) -> None:
    (wheel,) = wheels.glob("filelock-*.whl")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("filelock/added.py", "raise SystemExit")


def another_package_by_that_name(wheels: Path, _lists: Path) -> None:
    (wheel,), (other,) = wheels.glob("click-*.whl"), wheels.glob("h11-*.whl")
    shutil.copyfile(other, wheel)


def another_version_by_that_name(wheels: Path, _lists: Path) -> None:
    (wheel,) = wheels.glob("httpx-*.whl")
    later = wheel.with_name(wheel.name.replace("0.28.1", "0.28.2"))
    wheel.rename(later)


def a_package_without_a_digest(_wheels: Path, lists: Path) -> None:
    lock = lists / "requirements.lock"
    first, _, rest = lock.read_text().partition(" \\\n")
    lock.write_text(
        first
        + "\n"
        + rest.partition("\n" + "c")[0].rpartition("\n")[2]
        + "\nc"
        + rest.partition("\n" + "c")[2]
    )


def a_digest_of_another_package(_wheels: Path, lists: Path) -> None:
    lock = lists / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:5e31b2d5", "sha256:5e31b2d6"))


TAMPERING = (
    one_byte_changed,
    code_added,
    another_package_by_that_name,
    another_version_by_that_name,
    a_package_without_a_digest,
    a_digest_of_another_package,
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose index is a folder of its own."""
    machine = make_machine(tmp_path / "world", make_clone(tmp_path / "clone"))
    wheels = Path(shutil.copytree(WHEELS, tmp_path / "wheels"))
    machine.env["PIP_FIND_LINKS"] = machine.env["UV_FIND_LINKS"] = str(wheels)
    # From its cache uv installs a package of the right digest, and never opens the changed file.
    machine.env["UV_NO_CACHE"] = "1"
    return machine


def tampered(machine: Machine, tamper: Callable[[Path, Path], None]) -> str:
    """Return the output of an install from tampered packages or lists, and restore both."""
    wheels, lists = Path(machine.env["PIP_FIND_LINKS"]), machine.clone / "plugin"
    originals = {
        path: path.read_bytes()
        for folder, kind in ((wheels, "*.whl"), (lists, "*.lock"))
        for path in folder.glob(kind)
    }
    tamper(wheels, lists)
    try:
        return machine.run(expect=1)
    finally:
        for path in wheels.glob("*.whl"):
            path.unlink()
        for path, content in originals.items():
            path.write_bytes(content)


@promise(
    "A package that differs from the pinned one by a byte is not installed. Nothing is "
    "left, and settings.json does not change.",
    sees=("`The packages could not be installed`, with the tool's message about the hash."),
    topic="packages",
)
@pytest.mark.timeout(180)  # pip makes an environment
@pytest.mark.slow
def test_a_tampered_package_is_refused(
    machine: Machine, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    machine.write_settings(b'{"model": "opus"}')
    before = machine.tree()
    tried = TAMPERING[: size(1, 3)]  # all of them in an upgrade, below
    for tamper in tried:
        output = tampered(machine, tamper)
        assert "The packages could not be installed" in output
        assert "hash" in output.lower() or tamper is another_version_by_that_name, output
        assert machine.tree() == before
    figure(f"{len(tried)} kinds of tampering: all refused, 0 files left")


@promise(
    "An existing installation continues to work if an upgrade's packages are refused.",
    sees="The line does not change.",
    topic="packages",
)
@pytest.mark.full
@pytest.mark.timeout(1200)
def test_the_older_installation_goes_on_working(
    machine: Machine, figure: Callable[[str], None]
) -> None:
    # A higher version beside is no reason to take it.
    wheels = Path(machine.env["PIP_FIND_LINKS"])
    (wheel,) = wheels.glob("rich-*.whl")
    shutil.copyfile(wheel, wheel.with_name("rich-99.0.0-py3-none-any.whl"))
    machine.run()
    machine.wait_for_refreshes()
    assert list(machine.data_dir.glob("current/venv/lib/python*/site-packages/rich-15.*.dist-info"))
    current, settings, line = (
        os.readlink(machine.data_dir / "current"),
        machine.settings.read_bytes(),
        machine.line(),
    )
    changed = machine.clone / "plugin/usageline/core/errors.py"
    changed.write_text(changed.read_text() + "# newer\n")
    for tamper in TAMPERING:
        tampered(machine, tamper)
        assert (os.readlink(machine.data_dir / "current"), machine.settings.read_bytes()) == (
            current,
            settings,
        )
        assert installed_releases(machine.data_dir) == [current.rpartition("/")[2]]
        assert machine.line() == line
    figure(f"{len(TAMPERING)} upgrades refused; a higher version beside the pinned one not taken")
