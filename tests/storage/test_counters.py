"""The counters of local usage that an export remembers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from usageline.storage.usage_index import totals
from usageline.usage.metrics import LOCAL_COST, LOCAL_TOKENS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World
    from usageline.usage.metric_samples import Highest

SINCE = 1_767_225_600
HIGHEST: Highest = {
    (LOCAL_COST.name, ("claude-opus-4-5",)): 12.5,
    (LOCAL_TOKENS.name, ("input", "other")): 3.0,
}


@pytest.fixture
def path(world: World) -> Path:
    """Return the file, whose directory exists."""
    world.cache.mkdir(parents=True)
    return world.cache / totals.COUNTERS


def test_counters_come_back_in_their_year(world: World, path: Path) -> None:
    assert totals.load_counters(world.paths, SINCE) == {}
    totals.save_counters(world.paths, SINCE, HIGHEST)
    assert totals.load_counters(world.paths, SINCE) == HIGHEST
    assert totals.load_counters(world.paths, SINCE + 1) == {}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "listed",
    [
        *("5", "null", "{}", "[5, null, []]", '[["a", ["b"], 1]]'),
        f'[["{LOCAL_COST.name}", ["a", "b"], 1]]',
        f'[["{LOCAL_COST.name}", [5], 1]]',
        f'[["{LOCAL_COST.name}", "a", 1]]',
        f'[["{LOCAL_COST.name}", ["a"], -1]]',
        f'[["{LOCAL_COST.name}", ["a"], 1e300]]',
        f'[["{LOCAL_COST.name}", ["a"], true]]',
        f'[["{LOCAL_COST.name}", ["a"], "1"]]',
        "[[[], [], []]]",
    ],
)
def test_damaged_file_has_none(world: World, path: Path, listed: str) -> None:
    path.write_text(f'{{"version": 1, "since": {SINCE}, "counters": {listed}}}')
    assert totals.load_counters(world.paths, SINCE) == {}


def test_directory_that_is_missing_is_ignored(world: World) -> None:
    totals.save_counters(world.paths, SINCE, HIGHEST)
    assert not os.path.exists(world.paths.cache_dir)
