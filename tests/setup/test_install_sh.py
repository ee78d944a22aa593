"""install.sh finds a Python, from wherever it is called."""

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
def test_it_is_found_from_another_directory_with_cdpath_set(
    machine: Machine, tmp_path: Path, shell: str
) -> None:
    """CDPATH makes `cd` print and go elsewhere."""
    (tmp_path / machine.clone.name).mkdir()
    env = {**machine.env, "CDPATH": str(tmp_path)}
    name = f"{machine.clone.name}/install.sh"
    done = subprocess.run(
        [shell, name, "--dry-run"],
        env=env,
        cwd=machine.clone.parent,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Nothing was changed" in done.stdout


def test_it_is_found_in_its_own_directory(machine: Machine) -> None:
    """`sh install.sh` has no slash in it."""
    done = subprocess.run(
        ["sh", "install.sh", "--dry-run"],
        env=machine.env,
        cwd=machine.clone,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_an_empty_path_is_no_hindrance(machine: Machine) -> None:
    """The usual places are looked at, too."""
    machine.env["PATH"] = ""
    if not any(os.access(f"/usr/bin/python3.{minor}", os.X_OK) for minor in range(10, 15)):
        pytest.skip("no Python 3.10 or newer in /usr/bin")
    machine.run("--dry-run")


@pytest.mark.parametrize(
    "text", ["#!/bin/sh\nexit 1\n", "", "#!/bin/sh\nexit 0\n", "#!/bin/sh\nkill -SEGV $$\n"]
)
def test_pythons_that_are_too_old_or_none_are_passed_over(
    machine: Machine, tmp_path: Path, text: str
) -> None:
    """The next one that will do is taken."""
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text(text)
    old.chmod(0o755)
    machine.env["PATH"] = (
        f"{old.parent}:{os.path.dirname(os.path.realpath(sys.executable))}:/usr/bin:/bin"
    )
    assert "an install would do this" in machine.run("--dry-run")
