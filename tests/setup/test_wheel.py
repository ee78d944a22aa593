"""The built wheel and source archive: installed by uv, pipx and pip, in a new HOME, offline.

The index is a directory of wheels. Everything else is as a user has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import (
    TREE,
    WHEELS,
    copy_release,
    installed_releases,
    make_machine,
)
from tests.world import REPOSITORY
from tools import package_metadata
from usageline import __version__

if TYPE_CHECKING:
    from tests.conftest import MadeOnce
    from tests.setup.machine import Machine

TIMEOUT_S = 200
NEWER = "99.0.1"
BUILT = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "tools/package_metadata.py")
BIN = Path(sys.prefix) / "bin"

PIP = f"{sys.executable} -m pip --python $HOME/env/bin/python install -q --no-compile"

# What a user types: to install, to upgrade, to remove, to run without an installation.
TYPED = {
    "uv": (
        "uv tool install usageline",
        "uv tool upgrade usageline",
        "uv tool uninstall usageline",
        "uvx usageline",
    ),
    "pipx": (
        "pipx install usageline",
        "pipx upgrade usageline",
        "pipx uninstall usageline",
        "pipx run usageline",
    ),
    "pip": (
        f"{sys.executable} -m venv --without-pip $HOME/env && {PIP} usageline",
        f"{PIP} --upgrade usageline",
        "rm -r $HOME/env",
        "",
    ),
}


def build(source: Path, target: Path) -> None:
    """Build a source archive of `source`, and the wheel from that archive."""
    target.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", target, source],
        env={**os.environ, package_metadata.REPOSITORY: ""},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
    )


def copy_source(clone: Path, target: Path) -> Path:
    """Copy what a build needs: that clone, and the files of the repository beside it."""
    for name in TREE:
        if (clone / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(clone / name, target / name, ignore=ignored)
        else:
            shutil.copy(clone / name, target / name)
    for name in BUILT:
        (target / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, target / name)
    return target


@pytest.fixture(scope="session")
def dist(made_once: MadeOnce, clone: Path) -> Path:
    """Return the directory with this version's wheel and source archive."""

    def make(target: Path) -> None:
        source = target.with_name("source")
        source.mkdir()
        build(copy_source(clone, source), target)

    return made_once("dist", make)


@pytest.fixture(scope="session")
def newer_dist(made_once: MadeOnce, clone: Path) -> Path:
    """Return the directory with a newer version's."""

    def make(target: Path) -> None:
        source = target.with_name("newer-source")
        source.mkdir()
        version = copy_source(clone, source) / "plugin/usageline/__init__.py"
        version.write_text(version.read_text().replace(__version__, NEWER))
        build(source, target)

    return made_once("newer-dist", make)


class Shell:
    """A new HOME with uv and pipx on PATH, and an index of the wheels in `dist`."""

    def __init__(self, machine: Machine, dist: Path) -> None:
        self.machine, self.env = machine, machine.env
        tools = machine.uv.parent
        for name in ("uvx", "pipx"):
            (tools / name).symlink_to(BIN / name)
        python = self.env["PATH"].split(":")[0]
        self.env["PATH"] = ":".join(
            [f"{self.env['HOME']}/.local/bin", python, "/usr/bin", "/bin", str(tools)]
        )
        self.env["NO_COLOR"] = "1"
        self.offer(dist)

    def offer(self, *dists: Path) -> None:
        """Set what is in the index, beside the packages that usageline needs."""
        places = [str(WHEELS), *map(str, dists)]
        self.env.update(PIP_FIND_LINKS=" ".join(places), UV_FIND_LINKS=",".join(places))

    def type(self, command: str, expect: int = 0) -> str:
        """Run what a user types, and return all output."""
        done = self.machine.world.run(
            "/bin/sh",
            "-c",
            command,
            timeout=TIMEOUT_S,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            capture_output=False,
        )
        assert done.returncode == expect, done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("tool", TYPED)
@pytest.mark.slow
def test_package_installs_upgrades_and_uninstalls(
    tool: str, machine: Machine, installed_world: Machine, dist: Path, newer_dist: Path
) -> None:
    """The release is that of a clone, so it is not built. The line goes on without the package."""
    shell = Shell(machine, dist)
    install, upgrade, remove, _ = TYPED[tool]
    copy_release(installed_world, machine)
    cloned = installed_releases(machine.data_dir)
    shell.type(install)
    usageline = "usageline" if tool != "pip" else "$HOME/env/bin/usageline"
    before = {path for path in machine.files() if ".claude" in path}

    output = shell.type(f"{usageline} install")
    assert installed_releases(machine.data_dir) == cloned
    assert output.rstrip().splitlines()[-1] == machine.line().rstrip()
    assert f"{tool if tool != 'pip' else 'pip install --'}" in output.partition("upgrade")[0]
    assert "another program" not in output
    doctor = shell.type(f"{usageline} doctor --all")
    assert "`usageline` on PATH is this program" in doctor
    assert "another installation" not in doctor
    assert "not what the package has" not in doctor
    machine.wait_for_refreshes()

    shell.offer(dist, newer_dist)
    shell.type(upgrade)
    assert shell.type(f"{usageline} --version").strip() == f"usageline {NEWER}"
    assert "not what the package has" in shell.type(f"{usageline} doctor --all")
    version = __version__
    if tool == "uv":  # one of them: each release takes its time to build
        version = NEWER
        shell.type(f"{usageline} install")
        assert [name.partition("-")[0] for name in installed_releases(machine.data_dir)] == [NEWER]
        assert "not what the package has" not in shell.type(f"{usageline} doctor --all")
        machine.wait_for_refreshes()

    line = machine.line()
    shell.type(remove)
    assert machine.line() == line
    own = f'"{machine.data_dir}/current/bin/usageline"'
    assert shell.type(f"{own} --version").strip() == f"usageline {version}"
    assert "offline" in shell.type(f"{own} refresh --force; {own}")
    shell.type(f"{own} uninstall")
    machine.wait_for_refreshes()
    assert {path for path in machine.files() if ".claude" in path} == before
    assert not machine.data_dir.exists()
    assert not Path(machine.paths.state_dir).exists()


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("tool", ["uv", "pipx"])
def test_demo_of_a_package_that_is_not_installed_writes_nothing(
    tool: str, tmp_path: Path, clone: Path, dist: Path
) -> None:
    """Only the tool's own files are new."""
    machine = make_machine(tmp_path / "world", clone)
    shell = Shell(machine, dist)

    def files() -> dict[str, tuple[object, ...]]:
        own = {tool, "uv"}
        return {
            path: state
            for path, state in machine.tree(times=True).items()
            if state[1] is not None and not own & set(Path(path).parts)
        }

    before = files()
    output = shell.type(f"{TYPED[tool][3]} demo")
    assert "At high usage" in output
    assert "install usageline && usageline install" in output
    assert files() == before


def test_source_archive_makes_the_same_wheel_and_installs_as_a_clone(
    dist: Path, tmp_path: Path, machine: Machine
) -> None:
    """An index user gets a wheel from it by pip. An unpacked one has install.sh."""
    (archive,) = dist.glob("*.tar.gz")
    (wheel,) = dist.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, "--no-index", "-w", tmp_path, archive], timeout=TIMEOUT_S, check=True)
    with zipfile.ZipFile(wheel) as built, zipfile.ZipFile(tmp_path / wheel.name) as again:
        assert {name: again.read(name) for name in again.namelist()} == {
            name: built.read(name) for name in built.namelist()
        }
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    machine.clone = tmp_path / "unpacked" / archive.name.removesuffix(".tar.gz")
    assert "an install would do this" in machine.run("--dry-run")


def test_wheel_names_license_pythons_and_readme_without_relative_links(dist: Path) -> None:
    """An index shows README without the files beside it."""
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(opened.read(name))
    text = str(metadata.get_payload())
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "Programming Language :: Python :: 3.10" in metadata.get_all("Classifier", [])
    assert "](docs/" not in text
    assert "<picture>" not in text
    assert "docs/pictures" not in text


ADDRESS = "https://host.example/owner/name"


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("[a](docs/A.md)", ADDRESS, f"[a]({ADDRESS}/blob/v1.2/docs/A.md)"),
        ("[a](docs/A.md)", "", "a"),
        ("[a](https://b.example)", "", "[a](https://b.example)"),
        ("[a](#there)", "", "[a](#there)"),
        ("![a](docs/a.svg)", ADDRESS, f"![a]({ADDRESS}/raw/v1.2/docs/a.svg)"),
        ("![a](docs/a.svg)", "", ""),
        (
            '<picture>\n<source srcset="d.svg">\n<img alt="a" src="l.svg">\n</picture>',
            ADDRESS,
            f'<img alt="a" src="{ADDRESS}/raw/v1.2/l.svg">',
        ),
        ('<picture>\n<img alt="a" src="l.svg">\n</picture>', "", ""),
        ("<!-- count -->27<!-- end -->", "", "27"),
    ],
)
def test_readme_for_an_index_has_addresses_or_no_links(
    text: str, address: str, expected: str
) -> None:
    assert package_metadata.for_index(text, address, "1.2") == expected
