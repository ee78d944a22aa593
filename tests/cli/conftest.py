"""The command, run in a test's world."""

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
    """Run the command in this test's world; nothing it prints may be a traceback or the token."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = world.run(built_release.python, "-I", "-B", "-m", "usageline.cli", *arguments)
        assert "Traceback" not in done.stdout + done.stderr
        assert CANARY not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def installed(world: World) -> Installed:
    """The program installed in this test's world."""
    return install(world)
