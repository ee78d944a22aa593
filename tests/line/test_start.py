from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline.core import background, freshness, paths, throttle

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_795_400_000.0
FRESH = {"version": 1, "next_refresh_at": NOW + 1, "published_at": NOW, "credentials": "1-2-3"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_a_fresh_snapshot_of_this_sign_in_is_not_due() -> None:
    assert not freshness.is_due(FRESH, "1-2-3", NOW)


@pytest.mark.parametrize(
    "snapshot",
    [
        None,
        {},
        [],
        {**FRESH, "version": 2},
        {**FRESH, "next_refresh_at": NOW},
        {**FRESH, "next_refresh_at": None},
        {**FRESH, "published_at": NOW + freshness.CLOCK_JUMP_S + 1},
        {**FRESH, "published_at": True},
        {**FRESH, "credentials": ""},
    ],
)
def test_anything_else_is_due(snapshot: Any) -> None:
    assert freshness.is_due(snapshot, "1-2-3", NOW)


def test_the_credentials_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / ".credentials.json"
    seen = {freshness.file_stamp(str(path))}
    path.write_text("a")
    seen.add(freshness.file_stamp(str(path)))
    path.write_text("ab")
    seen.add(freshness.file_stamp(str(path)))
    (tmp_path / "new").write_text("ab")
    os.replace(tmp_path / "new", path)
    seen.add(freshness.file_stamp(str(path)))
    assert len(seen) == 4
    assert "" in seen


def test_one_claim_is_enough_for_a_while(env: dict[str, str]) -> None:
    """The stamp's time is the file system's at first, ours afterwards."""
    assert throttle.acquire_refresh(env, NOW) == ""
    made_at = os.stat(paths.stamp(env)).st_mtime
    assert throttle.acquire_refresh(env, made_at + throttle.MIN_INTERVAL_S - 1) == "recent"
    assert throttle.acquire_refresh(env, made_at + throttle.MIN_INTERVAL_S) == ""
    assert throttle.acquire_refresh(env, made_at + throttle.MIN_INTERVAL_S + 1) == "recent"


def test_a_stamp_from_the_future_holds_nothing_up(env: dict[str, str]) -> None:
    assert throttle.acquire_refresh(env, NOW) == ""
    os.utime(paths.stamp(env), (NOW + 10**6, NOW + 10**6))
    assert throttle.acquire_refresh(env, NOW) == ""


def test_the_claims_directory_is_ours_alone_whatever_the_umask(env: dict[str, str]) -> None:
    before = os.umask(0)
    try:
        throttle.acquire_refresh(env, NOW)
    finally:
        os.umask(before)
    assert os.stat(paths.cache_dir(env)).st_mode & 0o777 == 0o700
    assert os.stat(paths.stamp(env)).st_mode & 0o777 == 0o600


def test_where_the_stamp_cannot_be_written_nothing_is_claimed(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".cache").write_text("a file where the directory should be")
    assert throttle.acquire_refresh(env, NOW) == "unwritable"


def test_below_a_home_that_is_a_relative_path_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be made in whatever project the line runs."""
    monkeypatch.chdir(tmp_path)
    assert throttle.acquire_refresh({"HOME": "home"}, NOW) == "unwritable"
    assert not os.listdir(tmp_path)


def test_a_home_that_is_missing_at_the_top_of_the_file_system_is_made_or_told_of() -> None:
    """As `/nonexistent` is, which user databases name. Only root can make it."""
    home = Path(f"/usageline-no-home-{os.getpid()}")
    try:
        assert throttle.acquire_refresh({"HOME": str(home)}, NOW) == (
            "" if home.is_dir() else "unwritable"
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.chmod(0o777),
        lambda path: (path.rmdir(), path.symlink_to("/tmp")),
        lambda path: (path.rmdir(), path.touch()),
    ],
)
def test_a_cache_directory_that_is_not_ours_alone_is_not_used(
    env: dict[str, str], spoil: Callable[[Path], object]
) -> None:
    path = Path(paths.cache_dir(env))
    path.mkdir(parents=True, mode=0o700)
    spoil(path)
    assert throttle.acquire_refresh(env, NOW) == "unsafe"


def test_nor_is_one_in_a_directory_that_others_can_write_to(env: dict[str, str]) -> None:
    path = Path(paths.cache_dir(env))
    path.mkdir(parents=True, mode=0o700)
    path.parent.chmod(0o1777)
    assert throttle.acquire_refresh(env, NOW) == "unsafe"


def test_an_installation_without_its_interpreter_has_none(tmp_path: Path) -> None:
    assert background.interpreter(str(tmp_path)) == ""
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert background.interpreter(str(tmp_path)) == str(python)


def test_nothing_that_steers_an_interpreter_is_passed_on() -> None:
    assert not [
        name
        for name in background.ENV_ALLOWLIST
        if name.startswith(("PYTHON", "LD_", "DYLD_")) or name == "ANTHROPIC_API_KEY"
    ]


def test_a_word_of_the_cold_side_stands_in_the_stamp_and_makes_tries_rarer(
    env: dict[str, str],
) -> None:
    """Until a success takes it away. It takes no room: on a full disk there is none."""
    stamp = paths.stamp(env)
    assert throttle.acquire_refresh(env, NOW) == ""
    os.utime(stamp, (NOW, NOW))
    for word in throttle.FAILURES.values():
        throttle.record_failure(stamp, word)
        assert throttle.last_failure(stamp, NOW) == word
        assert throttle.acquire_refresh(env, NOW + throttle.MIN_INTERVAL_S) == "recent"
    assert throttle.acquire_refresh(env, NOW + throttle.BACKOFF_S) == ""
    assert throttle.last_failure(stamp, NOW + throttle.BACKOFF_S) == word
    throttle.record_success(stamp)
    assert throttle.last_failure(stamp, NOW + throttle.BACKOFF_S) == ""


def test_tries_that_leave_no_word_are_in_vain_after_a_while(env: dict[str, str]) -> None:
    """Nor are tries of another day, before the machine slept, of the same series."""
    stamp, now = paths.stamp(env), float(NOW)
    assert throttle.acquire_refresh(env, now) == ""
    os.utime(stamp, (0, 0))
    while now <= NOW + throttle.FAILING_AFTER_S:
        assert throttle.last_failure(stamp, now) == ""
        assert throttle.acquire_refresh(env, now) == ""
        now += throttle.MIN_INTERVAL_S
    assert throttle.acquire_refresh(env, now) == ""
    assert throttle.last_failure(stamp, now) == "failing"
    assert throttle.acquire_refresh(env, now + throttle.MIN_INTERVAL_S) == "recent"
    later = now + throttle.SERIES_S
    assert throttle.last_failure(stamp, later) == ""
    assert throttle.acquire_refresh(env, later) == ""
    assert throttle.last_failure(stamp, later) == ""
