"""The cache directory belongs to this user alone, or is not used."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core.errors import CacheUnsafe
from usageline.system import directories

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_cache_and_its_parents_are_created_0700(world: World, umask: int) -> None:
    """With any umask."""
    before = os.umask(umask)
    try:
        path = Path(directories.prepare(world.paths))
    finally:
        os.umask(before)
    assert [
        stat.S_IMODE(directory.stat().st_mode)
        for directory in (path, path.parent, path.parent.parent)
    ] == [0o700] * 3


def test_readable_cache_is_closed_to_others(world: World) -> None:
    """Others could read it but not write to it."""
    path = Path(directories.prepare(world.paths))
    path.chmod(0o755)
    directories.prepare(world.paths)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def _symlink(path: Path) -> None:
    target = path.parent.parent / "elsewhere"
    target.mkdir(mode=0o700)
    path.symlink_to(target)


def _shared(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def _foreign(path: Path) -> None:
    path.mkdir(mode=0o700)
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    os.chown(path, 12345, -1)


@pytest.mark.parametrize(
    "put",
    [
        _symlink,
        _shared,
        _foreign,
        lambda path: path.write_text("x"),
        lambda path: path.symlink_to("/nowhere"),
    ],
)
@pytest.mark.parametrize("which", ["own", "parent"])
def test_unsafe_entry_is_refused(world: World, put: Callable[[Path], object], which: str) -> None:
    """A symlink, a file, or a directory of another user or open to all users."""
    path = world.cache if which == "own" else world.cache.parent
    path.parent.mkdir(parents=True, mode=0o700)
    put(path)
    with pytest.raises(CacheUnsafe, match=r"usageline"):
        directories.prepare(world.paths)
