"""A space with a small disk under the cache, and a session in it."""

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
    """A mount namespace, with nothing mounted yet."""
    needs("unshare", "nsenter", "mount", mounts=True)
    space = Space(world)
    yield space
    space.close()


@pytest.fixture
def scene(world: World, space: Space, api: Api, release: Release) -> Scene:
    """A session whose cache lies on a disk of its own, of 256 KiB and 64 files."""
    space.mount(world.home / ".cache", "size=256k,nr_inodes=64")
    return Scene(world, space, api, release)


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """The status line in this test's world, without a space."""
    return Hot(world, built_release)
