from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from usageline.storage import job_results

if TYPE_CHECKING:
    from tests.world import World


def put(world: World, name: str, age_s: float) -> Path:
    path = Path(world.paths.jobs_dir) / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch()
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def left(world: World) -> set[str]:
    return set(os.listdir(world.paths.jobs_dir))


def test_unused_files_are_removed_after_a_week(world: World) -> None:
    put(world, "git-1.json", job_results.MAX_AGE_S + 60)
    put(world, "git-1.stamp", job_results.MAX_AGE_S + 60)
    put(world, ".git-1.json.usageline-new", job_results.MAX_AGE_S + 60)
    put(world, "git-2.json", job_results.MAX_AGE_S + 60)
    put(world, "git-2.stamp", job_results.MAX_AGE_S - 60)
    job_results.prune(world.paths, time.time())
    assert left(world) == {"git-2.json", "git-2.stamp"}


def test_only_the_latest_files_stay(world: World) -> None:
    for number in range(job_results.MAX_JOBS + 10):
        put(world, f"chain-{number}.json", number)
        put(world, f"chain-{number}.stamp", number)
    job_results.prune(world.paths, time.time())
    assert left(world) == {
        f"chain-{number}.{kind}"
        for number in range(job_results.MAX_JOBS)
        for kind in ("json", "stamp")
    }


def test_sweep_without_jobs_creates_no_directory(world: World) -> None:
    job_results.prune(world.paths, time.time())
    assert not os.path.exists(world.paths.cache_dir)


def test_sweep_ignores_an_unsafe_directory(world: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "old").touch()
    os.utime(other / "old", (0, 0))
    world.cache.mkdir(parents=True, mode=0o700)
    os.symlink(other, world.paths.jobs_dir)
    job_results.prune(world.paths, time.time())
    assert (other / "old").exists()
    with job_results.lock(world.paths, "git", "0") as is_owner:
        assert is_owner
    assert not os.path.islink(world.paths.jobs_dir)
    assert [path.name for path in other.iterdir()] == ["old"]


def test_job_is_locked_by_one_process(world: World) -> None:
    with (
        job_results.lock(world.paths, "git", "0") as first,
        job_results.lock(world.paths, "git", "0") as second,
        job_results.lock(world.paths, "git", "1") as other,
    ):
        assert (first, second, other) == (True, False, True)
    with job_results.lock(world.paths, "git", "0") as again:
        assert again
