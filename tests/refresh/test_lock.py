"""The lock, with real processes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.refresh.holders import HOLDER, hanging, record
from usageline.core.errors import LockUnsupported
from usageline.refresh import lock_owner as noted
from usageline.refresh.run import refresh
from usageline.setup import releases
from usageline.system import lock
from usageline.system.process_tree import ProcessInfo

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import World


def hold(path: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its stdin ends."""
    plugin = Path(lock.__file__).parents[2]
    command = [sys.executable, "-c", HOLDER, str(path)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(plugin), "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_one_process_has_the_lock_and_the_others_do_not_wait(tmp_path: Path) -> None:
    """The second learns at once that it is taken."""
    path = tmp_path / "lock"
    with hold(path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with lock.hold(str(path)) as is_owner:
            assert not is_owner
        holder.communicate("", timeout=10)
    with lock.hold(str(path)) as is_owner:
        assert is_owner


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    """The kernel does it; the file that stays behind means nothing."""
    path = tmp_path / "lock"
    with hold(path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with lock.hold(str(path)) as is_owner:
            assert is_owner


def test_an_error_in_the_block_lets_go(tmp_path: Path) -> None:
    """And goes on."""
    path = str(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), lock.hold(path):
        _ = 1 / 0
    with lock.hold(path) as is_owner:
        assert is_owner


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_its_file_is_0600_under_any_umask(tmp_path: Path, umask: int) -> None:
    """Others could hold a lock that they can open."""
    before = os.umask(umask)
    try:
        with lock.hold(str(tmp_path / "lock")):
            assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_without_flock_there_is_no_lock_and_no_soft_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A soft lock is a file that a killed holder leaves behind for ever."""

    def no_flock(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", no_flock)
    with (
        pytest.raises(LockUnsupported, match="cannot be locked"),
        lock.hold(str(tmp_path / "lock")),
    ):
        pass


def test_a_symlink_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """It would lock, or create, another file."""
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LockUnsupported), lock.hold(str(tmp_path / "lock")):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_the_installed_command_is_known_as_a_holder(tmp_path: Path) -> None:
    """As its launcher runs it: by path."""
    release = releases.Release(str(tmp_path), "release")
    releases.write_launcher(release)
    words = Path(release.root, "bin", "usageline").read_text().split()
    script = next(word for word in words if word.endswith("/cli/__main__.py"))
    assert noted._is_refresh(ProcessInfo("1", os.geteuid(), frozenset({release.python, script})))
    assert not noted._is_refresh(
        ProcessInfo("1", os.geteuid(), frozenset({release.python, "/elsewhere/__main__.py"}))
    )


def test_owner_that_hangs_is_killed_and_followed(world: World, api: Api) -> None:
    with hanging(world, with_lock=True) as process:
        outcome = refresh(world.env)
        assert process.wait(10) == -signal.SIGKILL
    assert (outcome.state, outcome.took_over) == ("refreshed", True)
    assert "another refresh hung: process" in Path(world.paths.log).read_text()
    assert not Path(world.paths.lock_owner).exists()
    assert len(api.usage_requests) == 1


def test_lock_of_another_process_than_the_killed_one_is_respected(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a process that waits for a disk that is gone: the kernel cannot end it."""
    monkeypatch.setattr(noted, "KILL_TIMEOUT_S", 0.1)
    with hanging(world, with_lock=False) as process, lock.hold(world.paths.lock):
        outcome = refresh(world.env)
        assert process.wait(10) == -signal.SIGKILL
    assert outcome.state == "busy"
    assert outcome.problem == f"another refresh hangs, and cannot be ended: process {process.pid}"
    assert api.usage_requests == []


def test_process_that_is_not_surely_the_owner_is_spared(world: World) -> None:
    """The file is not trusted."""
    doubtful: tuple[dict[str, object], ...] = (
        {"started": "1"},
        {"since": 1e300},
        {"since": "x"},
        {"pid": os.getpid()},
        {"pid": 1},
        {"pid": 2**40},
        {"pid": None},
    )
    with hanging(world, with_lock=False) as process:
        for changes in doubtful:
            record(world, process.pid, **changes)
            assert noted.current_owner(world.paths) is None, changes
        record(world, process.pid)
        owner = noted.current_owner(world.paths)
        assert owner is not None
        assert (owner.pid, owner.hangs) == (process.pid, True)


def test_refresh_works_without_a_list_of_processes(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then only its own timeout ends one that hangs."""
    monkeypatch.setattr(noted, "process_info", lambda _: None)
    assert refresh(world.env).state == "refreshed"
    with noted.acquire(world.paths) as result:
        assert result.is_acquired
        assert not Path(world.paths.lock_owner).exists()
    assert api.usage_requests
