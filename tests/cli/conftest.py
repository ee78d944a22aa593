"""Run the command in a test's world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import Installed, install
from tests.world import CANARY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.world import Release, World


@pytest.fixture
def usageline(
    world: World, built_release: Release
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in this test's world; it must print no traceback and no token."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = world.run(built_release.python, "-I", "-B", "-m", "usageline.cli", *arguments)
        assert "Traceback" not in done.stdout + done.stderr
        assert CANARY not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def installed(world: World) -> Installed:
    """Install the program into this test's world."""
    return install(world)
