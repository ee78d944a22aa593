from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import Release, World


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """The status line in this test's world."""
    return Hot(world, built_release)


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC in this process."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
