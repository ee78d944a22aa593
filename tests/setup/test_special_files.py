"""A FIFO, a link to one or a socket in place of a file never blocks setup or a refresh."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths
from usageline.core.errors import SetupRefused, UsagelineError
from usageline.refresh.run import refresh
from usageline.setup import manifest, settings_file
from usageline.setup.context import SetupContext
from usageline.setup.install import install
from usageline.setup.uninstall import uninstall
from usageline.storage import history
from usageline.system import lock
from usageline.system.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World

PLACES: dict[str, Callable[[dict[str, str]], str]] = {
    "lock": paths.lock,
    "settings": paths.claude_settings,
    "program": paths.data_dir,
    "record": paths.install_manifest,
    "config": paths.config_file,
    "credentials": paths.claude_credentials,
    "client state": paths.claude_state,
    "snapshot": paths.snapshot,
    "compiled": paths.line_config,
    "stamp": paths.stamp,
    "holder": paths.lock_owner,
    "told": paths.shown_alerts_dir,
    "looks": paths.jobs_dir,
    "store": paths.store_dir,
    "database": lambda env: paths.store_dir(env) + "/cache.db",
    "log": paths.log,
    "state": paths.state_dir,
    "cache": paths.cache_dir,
    "history": paths.history_dir,
    "month": lambda env: f"{paths.history_dir(env)}/{'0' * 16}/{history.month_file(0)}",
}


def _put(env: dict[str, str], place: str, kind: str) -> Path:
    path = Path(PLACES[place](env))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.with_name("elsewhere").unlink(missing_ok=True)
        os.mkfifo(path.with_name("elsewhere"))
        path.symlink_to("elsewhere")
    else:
        directory = os.open(path.parent, os.O_RDONLY)
        try:  # by way of the directory: a socket's name is short
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(
                    f"/proc/self/fd/{directory}/{path.name}"
                    if os.path.isdir("/proc/self/fd")
                    else str(path)
                )
        finally:
            os.close(directory)
    return path


@pytest.mark.timeout(50)
@pytest.mark.parametrize("kind", ["fifo", "link", "socket"])
@pytest.mark.parametrize("place", PLACES)
def test_refresh_and_uninstall_do_not_wait_for_a_special_file(
    world: World, place: str, kind: str
) -> None:
    """Both return, and the user's files stay."""
    world.env["USAGELINE_API_URL"] = "http://127.0.0.1:9"
    path = _put(world.env, place, kind)
    assert refresh(world.env).state in {"refreshed", "failed", "not-due"}
    if not os.path.lexists(path):
        path = _put(world.env, place, kind)
    messages: list[str] = []
    assert uninstall(SetupContext(dict(world.env), "/nonexistent", messages.append)) in {0, 1}
    if place in {"settings", "config", "credentials", "client state"}:
        assert os.path.lexists(path)


@pytest.mark.timeout(50)
@pytest.mark.parametrize("place", ["program", "state"])
def test_install_names_the_obstacle_and_changes_nothing(world: World, place: str) -> None:
    path = _put(world.env, place, "fifo")
    before = {entry: entry.lstat().st_mtime_ns for entry in world.home.rglob("*")}
    with pytest.raises(SetupRefused, match="is not a directory: move it away"):
        install(SetupContext(dict(world.env), "/nonexistent", lambda _: None))
    assert {entry: entry.lstat().st_mtime_ns for entry in world.home.rglob("*")} == before
    assert path.is_fifo()


@pytest.mark.timeout(50)
def test_special_file_is_not_read(tmp_path: Path) -> None:
    """It is not locked either."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (str(fifo), "/dev/zero", str(tmp_path)):
        with pytest.raises(OSError, match="not a regular file"):
            read_regular(path, 10)
    with pytest.raises(SetupRefused, match="not a regular file"):
        settings_file.read(str(fifo))
    with lock.hold_existing(str(fifo), 0) as free:
        assert free
    assert manifest.load_from(str(fifo)) is None
    assert issubclass(SetupRefused, UsagelineError)
