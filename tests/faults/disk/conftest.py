"""Provide a namespace with a small disk for the cache, and a session in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.disk.scene import Scene
from tests.faults.disk.space import Space
from tests.faults.needs import needs
from tests.hot import Hot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Api
    from tests.world import Release, World


@pytest.fixture
def space(world: World) -> Iterator[Space]:
    """Return a mount namespace without mounts."""
    needs("unshare", "nsenter", "mount", mounts=True)
    space = Space(world)
    yield space
    space.close()


@pytest.fixture
def scene(world: World, space: Space, api: Api, release: Release) -> Scene:
    """Return a session whose cache is on a disk of 256 KiB and 64 files."""
    space.mount(world.home / ".cache", "size=256k,nr_inodes=64")
    return Scene(world, space, api, release)


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """Return the status line in this test's world, without a namespace."""
    return Hot(world, built_release)
