"""Provide a world under a clock that can be set."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.clock.clocks import Clock
from tests.faults.needs import needs
from tests.running import is_running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Api
    from tests.world import Release, World


@pytest.fixture
def clock(world: World, release: Release, api: Api) -> Iterator[Clock]:
    """Return the clock, which shows the true time at first."""
    needs("faketime")
    yield Clock(world, release, api)
    sweep()


def sweep() -> None:
    """Remove libfaketime's files of ended processes: a killed process does not remove its own."""
    for path in Path("/dev/shm").glob("*faketime_s*_*"):
        owner = re.fullmatch(r"(sem\.)?faketime_s(em|hm)_(\d+)", path.name)
        with contextlib.suppress(OSError):
            if owner and path.stat().st_uid == os.geteuid() and not is_running(int(owner[3])):
                path.unlink()
