"""Check that everything the program writes is private, whatever the umask."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import install
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.secrets.journey import Journey
from tests.setup.machine import make_clone, make_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server import Api
    from tests.world import World

MASKS = (0o777, 0o000, 0o022, 0o077)


def open_to_others(root: Path, before: set[Path]) -> list[str]:
    """Return new paths below `root` that are not 0600, or 0700 for a directory or program.

    The program's own code is not secret and lies in private directories: only others' write access
    counts.
    """
    result = []
    for path in set(root.rglob("*")) - before:
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.lstat().st_mode)
        code = "releases" in path.parts and path.is_file()
        allowed = {0o700} if path.is_dir() else {0o600, 0o700} if mode & 0o100 else {0o600}
        if mode & 0o022 if code else mode not in allowed:
            result.append(f"{mode:o} {path}")
    return result


@promise(
    "Every file that the program writes has mode 0600 and every directory 0700, under any "
    "umask. settings.json keeps the mode that it had.",
    topic="users",
)
@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(mask, id=f"{mask:03o}", marks=[pytest.mark.full] * (mask in MASKS[1:]))
        for mask in MASKS
    ],
)
def test_what_is_written_is_for_the_user_alone(
    world: World, api: Api, figure: Callable[[str], None], mask: int
) -> None:
    needs("git", "strace")
    journey, home = Journey(install(world)), world.home
    for name in ("told", "chained"):  # the user's own commands write these
        (home / name).touch(0o600)
    before = {journey.repository, *home.rglob("*")}
    started_under = os.umask(mask)
    try:
        api.fault = ""
        journey.lines_until_all_was_looked_at(USAGELINE_API_URL=api.url)
        journey.hook()
        journey.usageline("config", "set", "theme", "ascii")
        journey.usageline("config", "set", "ttl", "200", XDG_CONFIG_HOME=str(home / "other"))
        journey.usageline("history", "--svg", str(home / "usage.svg"))
        journey.refresh(api, "500")
        journey.wait()
    finally:
        os.umask(started_under)
    written = set(home.rglob("*")) - before
    names = {path.name for path in written}
    assert {
        "snapshot.json",
        "refresh.lock",
        "cache.db",
        "line.json",
        "looks",
        "told",
        "history",
        "config.toml",
    } <= names
    users_files = {
        home / "usage.svg",
        home / "other",
    }  # a requested picture, and a directory of the XDG specification
    assert open_to_others(home, before | users_files) == []
    figure(f"{len(written)} files and directories")


@promise(
    "An installation is readable by its user only, under any umask.",
    topic="users",
)
@pytest.mark.full
@pytest.mark.timeout(300)
def test_an_installation_is_for_the_user_alone(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    looked_at = 0
    clone = make_clone(tmp_path / "clone")
    for mask in MASKS:
        machine = make_machine(tmp_path / f"{mask:o}" / "world", clone)
        machine.write_settings(b'{"model": "opus"}')
        machine.settings.chmod(0o644)
        before = set(machine.world.home.rglob("*"))
        started_under = os.umask(mask)
        try:
            machine.run()
            machine.wait_for_refreshes()
        finally:
            os.umask(started_under)
        assert stat.S_IMODE(machine.settings.stat().st_mode) == 0o644
        assert "statusLine" in json.loads(machine.settings.read_text())
        backups = {path for path in machine.settings.parent.iterdir() if path != machine.settings}
        assert open_to_others(machine.world.home, before | backups) == []
        assert os.path.exists(machine.paths.command)
        looked_at += len(set(machine.world.home.rglob("*")) - before)
    figure(f"{looked_at} files and directories of {len(MASKS)} installations")
