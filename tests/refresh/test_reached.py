"""Test that another user can redirect neither the cache nor a write to a file.

A second name of a file is such a way, too.
"""

from __future__ import annotations

import os
import pwd
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from usageline.core import path_owners, paths, throttle
from usageline.core.errors import CacheUnsafe, LockUnsupported
from usageline.storage import history, snapshot
from usageline.storage.snapshot import Snapshot
from usageline.system import directories, lock
from usageline.system.paths import Paths
from usageline.usage.model import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_795_400_000
OTHER = 65534
UNREADABLE = os.O_CREAT | os.O_WRONLY


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A home, and a cache elsewhere."""
    (tmp_path / "base").mkdir(mode=0o755)
    return {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "base/cache"),
        "XDG_STATE_HOME": str(tmp_path / "base/state"),
    }


def _foreign(path: Path, mode: int) -> None:
    if os.geteuid():
        pytest.skip("only root can give a directory away")
    path.rename(path.with_name("away"))
    path.symlink_to("away")
    os.chown(path, OTHER, OTHER)
    path.chmod(mode)


def _linked(path: Path) -> None:
    away = path.with_name("away")
    path.rename(away)
    away.chmod(0o777)
    path.symlink_to("away")


def _give_link(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a link away")
    os.chown(path, OTHER, OTHER, follow_symlinks=False)


SPOILED: dict[str, Callable[[Path], object]] = {
    "world-writable": lambda path: path.chmod(0o777),
    "another user's": lambda path: _foreign(path, 0o755),
    "another user's, sticky": lambda path: _foreign(path, 0o1777),
    "a link to one that is world-writable": _linked,
    "another user's link": _give_link,
}


@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize("exists", [False, True])
def test_nothing_is_written_below_a_directory_that_another_user_can_write_to(
    env: dict[str, str], tmp_path: Path, kind: str, *, exists: bool
) -> None:
    """By neither side; what is there stays as it is."""
    if exists:
        directories.prepare(Paths(env))
        Path(paths.stamp(env)).touch()
        os.utime(paths.stamp(env), (0, 0))
    SPOILED[kind](tmp_path / "base")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert throttle.acquire_refresh(env, NOW) == "unsafe"
    with pytest.raises(CacheUnsafe):
        directories.prepare(Paths(env))
    assert not history.append(Paths(env), "0" * 16, Reading((), (), "oauth", NOW))
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("mode", [0o1777, 0o755, 0o700, 0o711])
def test_a_directory_in_which_other_users_cannot_rename_is_accepted(
    env: dict[str, str], tmp_path: Path, mode: int
) -> None:
    """Open to all and sticky, as /tmp is, or merely to be passed."""
    (tmp_path / "base").chmod(mode)
    assert throttle.acquire_refresh(env, NOW) == ""
    directories.prepare(Paths(env))
    assert Path(paths.cache_dir(env)).stat().st_mode & 0o777 == 0o700


def test_links_of_the_users_own_are_followed(env: dict[str, str], tmp_path: Path) -> None:
    """A cache on another disk."""
    (tmp_path / "disk/cache").mkdir(parents=True)
    (tmp_path / "base/cache").symlink_to("../disk/./cache")
    assert throttle.acquire_refresh(env, NOW) == ""
    directories.prepare(Paths(env))
    assert (tmp_path / "disk/cache/usageline/default").is_dir()


def test_links_that_go_round_lead_nowhere(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "base/cache").symlink_to("cache")
    with pytest.raises(CacheUnsafe):
        directories.prepare(Paths(env))


def test_a_group_with_only_the_user_counts_as_the_user() -> None:
    """The mode that a umask of 002 gives; the home's own parents are as good as the home."""
    entry = pwd.getpwuid(os.geteuid())
    fake: Any = SimpleNamespace
    status = fake(st_uid=os.geteuid(), st_gid=entry.pw_gid, st_mode=0o040775)
    assert path_owners.may_hold("/elsewhere", status) == (
        entry.pw_gid == 0 or path_owners.is_private_group(entry.pw_gid, entry)
    )
    assert not path_owners.may_hold(
        "/elsewhere", fake(st_uid=os.geteuid(), st_gid=entry.pw_gid, st_mode=0o040777)
    )
    assert not path_owners.is_private_group(
        entry.pw_gid, fake(pw_name="another", pw_gid=entry.pw_gid + 1)
    )
    assert path_owners.may_hold(
        os.path.dirname(entry.pw_dir), fake(st_uid=1, st_gid=1, st_mode=0o040777)
    )


def test_a_directory_that_is_swapped_all_the_time_is_never_written_through(
    env: dict[str, str], tmp_path: Path
) -> None:
    """A user who can swap it can write to its directory, which is detected."""
    victim = {**env, "XDG_CACHE_HOME": str(tmp_path / "victim")}
    directories.prepare(Paths(victim))
    Path(paths.snapshot(victim)).write_text("precious")
    base = tmp_path / "base"
    base.chmod(0o777)
    (base / "real").mkdir()
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for target in ("real", str(tmp_path / "victim")):
                os.symlink(target, base / "new")
                os.rename(base / "new", base / "cache")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(200):
            assert throttle.acquire_refresh(env, NOW) == "unsafe"
            with pytest.raises(CacheUnsafe):
                directories.prepare(Paths(env))
    finally:
        done.set()
        swapping.join()
    assert Path(paths.snapshot(victim)).read_text() == "precious"
    assert os.listdir(base / "real") == []


def _stamps(env: dict[str, str]) -> list[tuple[str, int]]:
    return [
        (paths.stamp(env), 2),
        (paths.line_config_stamp(env), 2),
        (paths.jobs_dir(env) + "/git-0.stamp", 3),
    ]


@pytest.mark.parametrize("kind", ["hard link", "link", "fifo", "unreadable"])
def test_a_stamp_that_is_another_file_is_replaced_and_not_touched(
    env: dict[str, str], tmp_path: Path, kind: str
) -> None:
    """The claim holds all the same, once."""
    directories.prepare(Paths(env))
    os.mkdir(paths.jobs_dir(env), 0o700)
    for stamp, depth in _stamps(env):
        precious = tmp_path / "precious"
        precious.write_text("precious")
        os.utime(precious, (1, 2))
        make: dict[str, Callable[[], None]] = {
            "hard link": lambda: os.link(precious, stamp),  # noqa: B023 - called at once
            "link": lambda: os.symlink(precious, stamp),  # noqa: B023
            "fifo": lambda: os.mkfifo(stamp),  # noqa: B023
            "unreadable": lambda: os.close(os.open(stamp, UNREADABLE, 0o200)),  # noqa: B023
        }
        make[kind]()
        if kind == "hard link":
            throttle.record_success(stamp)
            throttle.record_failure(stamp, "full")
            with pytest.raises(PermissionError):
                throttle.release(stamp)
        if kind != "unreadable":
            assert throttle.acquire(stamp, depth, NOW, 12) == ""
            assert os.lstat(stamp).st_nlink == 1
            assert throttle.acquire(stamp, depth, os.stat(stamp).st_mtime, 12) == "recent"
        else:
            assert throttle.acquire(stamp, depth, NOW * 2, 12) == ""
        assert (precious.read_text(), precious.stat().st_mtime) == ("precious", 2)


def test_a_month_with_another_name_is_copied_before_it_is_added_to(
    env: dict[str, str], tmp_path: Path
) -> None:
    """A backup by links keeps what it has, and so does the history."""
    account = "0" * 16
    assert history.append(Paths(env), account, Reading((), (), "oauth", NOW))
    month = Path(paths.history_dir(env), account, history.month_file(NOW))
    before = month.read_bytes()
    os.link(month, tmp_path / "backup")
    assert history.append(Paths(env), account, Reading((), (), "oauth", NOW + 300))
    assert (tmp_path / "backup").read_bytes() == before
    assert month.read_bytes().startswith(before)
    assert month.read_bytes().count(b"\n") == 2
    assert os.listdir(month.parent) == [month.name]


def test_a_lock_with_another_name_is_not_emptied(env: dict[str, str], tmp_path: Path) -> None:
    """As the library that locks it would; a refresh puts a new one there."""
    directories.prepare(Paths(env))
    precious = tmp_path / "precious"
    precious.write_text("precious")
    os.link(precious, paths.lock(env))
    with pytest.raises(LockUnsupported), lock.hold(paths.lock(env)):
        pass
    assert precious.read_text() == "precious"
    directories.prepare(Paths(env))
    with lock.hold(paths.lock(env)) as is_owner:
        assert is_owner
    assert precious.read_text() == "precious"


def test_a_snapshot_with_another_name_is_replaced_and_not_written(
    env: dict[str, str], tmp_path: Path
) -> None:
    directories.prepare(Paths(env))
    precious = tmp_path / "precious"
    precious.write_text("precious")
    os.link(precious, paths.snapshot(env))
    snapshot.write(Paths(env), Snapshot(None, None, None, NOW, NOW + 300, "ok"))
    assert precious.read_text() == "precious"
