"""install.sh finds its clone and a usable Python."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.setup.machine import Machine


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_install_sh_finds_its_clone_with_cdpath_set(
    machine: Machine, tmp_path: Path, shell: str
) -> None:
    """CDPATH makes `cd` print, and change to another directory."""
    (tmp_path / machine.clone.name).mkdir()
    env = {**machine.env, "CDPATH": str(tmp_path)}
    name = f"{machine.clone.name}/install.sh"
    done = subprocess.run(
        [shell, name, "--version"],
        env=env,
        cwd=machine.clone.parent,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usageline ")


def test_install_sh_finds_its_clone_without_a_slash(machine: Machine) -> None:
    """`sh install.sh` runs it by its bare name."""
    done = subprocess.run(
        ["sh", "install.sh", "--version"],
        env=machine.env,
        cwd=machine.clone,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_install_sh_works_with_an_empty_path(machine: Machine) -> None:
    """The usual directories are searched too."""
    machine.env["PATH"] = ""
    if not any(os.access(f"/usr/bin/python3.{minor}", os.X_OK) for minor in range(10, 15)):
        pytest.skip("no Python 3.10 or newer in /usr/bin")
    assert "usageline " in machine.run("--version")


@pytest.mark.parametrize(
    "text", ["#!/bin/sh\nexit 1\n", "", "#!/bin/sh\nexit 0\n", "#!/bin/sh\nkill -SEGV $$\n"]
)
def test_install_sh_skips_unusable_pythons(machine: Machine, tmp_path: Path, text: str) -> None:
    """The next usable one is used."""
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text(text)
    old.chmod(0o755)
    machine.env["PATH"] = (
        f"{old.parent}:{os.path.dirname(os.path.realpath(sys.executable))}:/usr/bin:/bin"
    )
    assert "usageline " in machine.run("--version")
