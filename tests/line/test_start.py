from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline.core import background, freshness, paths, throttle
from usageline.line import spawn

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_795_400_000.0
FRESH = {"version": 1, "next_refresh_at": NOW + 1, "published_at": NOW, "credentials": "1-2-3"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_a_fresh_snapshot_of_this_sign_in_is_not_due() -> None:
    assert not freshness.is_stale(FRESH, "1-2-3", NOW)


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
    assert freshness.is_stale(snapshot, "1-2-3", NOW)


def test_the_credentials_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / ".credentials.json"
    stamps = {freshness.file_fingerprint(str(path))}
    path.write_text("a")
    stamps.add(freshness.file_fingerprint(str(path)))
    path.write_text("ab")
    stamps.add(freshness.file_fingerprint(str(path)))
    (tmp_path / "new").write_text("ab")
    os.replace(tmp_path / "new", path)
    stamps.add(freshness.file_fingerprint(str(path)))
    assert len(stamps) == 4
    assert "" in stamps


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


def test_a_stamp_that_a_run_set_after_another_read_the_clock_is_recent(env: dict[str, str]) -> None:
    """But not if the interval is zero: then every run may start."""
    assert throttle.acquire_refresh(env, NOW) == ""
    stamp = paths.stamp(env)
    os.utime(stamp, (0, NOW))
    assert throttle.acquire_refresh(env, NOW - throttle.MAX_CLOCK_LAG_S + 1) == "recent"
    assert throttle.acquire(stamp, 2, NOW - 1, 0) == ""
    os.utime(stamp, (0, NOW))
    assert throttle.acquire_refresh(env, NOW - throttle.MAX_CLOCK_LAG_S) == ""


ROUNDS = 10
FIFTY = f"""
import os, sys
sys.path.insert(0, sys.argv[1])
from usageline.core import throttle
stamp, now, age_s = sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
for number in range({ROUNDS}):
    if age_s:
        throttle.acquire(stamp, 3, now, 5)
        os.utime(stamp, (0, now - age_s))
    elif os.path.exists(stamp):
        os.unlink(stamp)
    (begin, release), (results, result) = os.pipe(), os.pipe()
    for run in range(50):
        if not os.fork():
            os.close(release)
            os.read(begin, 1)
            os.write(result, b"1" if throttle.acquire(stamp, 3, now - run / 50, 5) == "" else b"0")
            os._exit(0)
    os.close(begin), os.close(release)
    for run in range(50):
        os.wait()
    print(os.read(results, 100).count(b"1"))
    os.close(results), os.close(result)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="its fifty runs are forked")
@pytest.mark.parametrize("age_s", [0, 100], ids=["without a stamp", "with an old stamp"])
def test_one_of_fifty_runs_at_once_wins_the_claim(env: dict[str, str], age_s: int) -> None:
    """Each run read the clock at a slightly different time."""
    stamp, plugin = (
        f"{env['HOME']}/cache/usageline/jobs/one.stamp",
        str(Path(spawn.__file__).parents[2]),
    )
    command = [
        sys.executable,
        "-I",
        "-S",
        "-B",
        "-c",
        FIFTY,
        plugin,
        stamp,
        str(time.time()),
        str(age_s),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["1"] * ROUNDS


@pytest.mark.skipif(not hasattr(os, "lockf"), reason="this system has no such locks")
def test_a_claim_needs_no_locks(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("posix.lockf", refuse)
    assert throttle.acquire_refresh(env, NOW) == ""
    os.utime(paths.stamp(env), (0, 0))
    assert throttle.acquire_refresh(env, NOW) == ""
    assert throttle.acquire_refresh(env, NOW) == "recent"


def test_the_claims_directory_is_ours_alone_whatever_the_umask(env: dict[str, str]) -> None:
    before = os.umask(0)
    try:
        throttle.acquire_refresh(env, NOW)
    finally:
        os.umask(before)
    assert os.stat(paths.cache_dir(env)).st_mode & 0o777 == 0o700
    assert os.stat(paths.stamp(env)).st_mode & 0o777 == 0o600


def test_nothing_is_claimed_when_the_stamp_cannot_be_written(
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
