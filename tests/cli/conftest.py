"""Run the command in a test's world."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import Installed, install
from tests.world import CANARY
from usageline.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World


@pytest.fixture
def usageline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in this test's world; it must print no traceback and no token.

    It runs in this process, which saves the start of an interpreter. `test_homes.py` runs every
    command as a process.
    """

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as patch:
            for name in os.environ:
                patch.delenv(name)
            for name, value in world.env.items():
                patch.setenv(name, value)
            patch.chdir(world.home)
            time.tzset()
            done = _run_here(patch, arguments)
        time.tzset()
        assert "Traceback" not in done.stdout + done.stderr
        assert CANARY not in done.stdout + done.stderr
        return done

    return run


def _run_here(
    patch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    patch.setattr(sys, "argv", ["usageline", *arguments])
    with (
        open(os.devnull, encoding="utf-8") as stdin,
        io.TextIOWrapper(tempfile.TemporaryFile(), "utf-8") as stdout,
        io.TextIOWrapper(tempfile.TemporaryFile(), "utf-8") as stderr,
    ):
        for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as exit_:
            main()
        printed = []
        for stream in (stdout, stderr):
            stream.flush()
            stream.seek(0)
            printed.append(stream.read())
    code = exit_.value.code
    return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else 0, *printed)


@pytest.fixture
def installed(world: World) -> Installed:
    """Install the program into this test's world."""
    return install(world)
