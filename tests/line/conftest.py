from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot

if TYPE_CHECKING:
    from tests.world import Release, World


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """The status line in this test's world."""
    return Hot(world, built_release)
