from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hot import Hot

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Release, World


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """The status line in this test's world."""
    return Hot(world, built_release)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; half a minute without it fails the test."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    return wait
