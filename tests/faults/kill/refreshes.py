"""Kill refreshes: a first one, and one with everything to do. Check the files."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.kill.scene import Scene
from tests.faults.kill.strace import Command
from tests.faults.kill.walk import Case
from tests.server import Api, usage_body
from tests.world import World
from usageline.refresh.run import refresh
from usageline.storage import textfiles
from usageline.storage.codec import decode
from usageline.system import lock
from usageline.system.files import temporary_files

if TYPE_CHECKING:
    from tests.world import Release

CONFIG = (
    'theme = "dark"\nrows = [["session"], ["weekly", "git"]]\n[alerts]\n'
    'session_start = true\ncommand = "true"\n'
)
OLD_MONTH = "2026-01.jsonl"


def first(root: Path, release: Release, api: Api) -> Case:
    """Return a refresh with an empty cache, a configuration to compile and an alert to send."""
    scene = _scene(root, api)
    scene.world.configure(CONFIG)
    scene.keep()
    return _case(scene, release)


def due(root: Path, release: Release, api: Api) -> Case:
    """Return a due refresh.

    It has a store, two months of history with one to remove, marks and jobs to clean up, and an
    edited configuration.
    """
    scene = _scene(root, api)
    scene.world.configure('theme = "light"\n')
    scene.world.client_saw(usage_body(session=12), age_s=200)
    assert refresh(scene.world.env).state == "refreshed"
    scene.world.write_state(cachedUsageUtilization=None)
    for name in ("told", "looks"):
        old = scene.world.cache / name / "git-0123456789abcdef.json"
        old.parent.mkdir(mode=0o700)
        old.write_text("{}")
        os.utime(old, (0, 0))
    (history,) = history_files(scene)
    history.with_name(OLD_MONTH).write_bytes(history.read_bytes())
    scene.world.configure(CONFIG)
    scene.keep()
    return _case(scene, release, "--force")


def collected(root: Path, release: Release, api: Api) -> Case:
    """Return a first refresh that also writes metrics, and asks a shared server in vain."""
    scene = _scene(root, api)
    textfile = textfile_of(scene)
    folder = textfile.parent
    folder.mkdir(parents=True)
    password = scene.home / "password"
    password.write_text("hunter2\n")
    password.chmod(0o600)
    scene.world.configure(
        f"{CONFIG}[metrics]\ntextfile = '{textfile}'\n"
        f"[shared]\nurl = 'redis://127.0.0.1:9/0'\npassword_file = '{password}'\n"
    )
    key = Path(scene.world.paths.shared_key)
    key.write_text("0" * 64 + "\n")
    key.chmod(0o600)
    scene.keep()
    case = _case(scene, release)

    def look() -> None:
        case.look()
        for path in folder.iterdir():
            assert path.name.startswith(".") or path.read_bytes().endswith(b"\n"), path

    def again() -> None:
        case.again()
        assert textfile.read_bytes().endswith(b"\n")
        assert list(folder.iterdir()) == [textfile]

    return replace(case, look=look, again=again)


def textfile_of(scene: Scene) -> Path:
    """Return the text file for a metrics collector."""
    return scene.home / ".local" / "metrics" / "usageline.prom"


def history_files(scene: Scene) -> list[Path]:
    """Return the files of readings."""
    return list(Path(scene.world.paths.history_dir).glob("*/*.jsonl"))


def assert_sound(scene: Scene, readings: bytes) -> None:
    """Assert a free lock, valid files for the line and no leftovers that no later run overwrites.

    Assert that none of `readings` is lost.
    """
    world = scene.world
    if world.cache.exists():
        with lock.hold(world.paths.lock) as is_owner:
            assert is_owner, "the lock is still held"
    for path in (world.paths.snapshot, world.paths.line_config):
        if os.path.exists(path):
            assert json.loads(Path(path).read_text())["version"] == 1
    files = (
        world.paths.snapshot,
        world.paths.line_config,
        world.paths.lock_owner,
        world.paths.shared_record,
        textfiles.record_file(world.paths),
        str(textfile_of(scene)),
    )
    temporary = {name for path in files for name in temporary_files(path)}
    assert {str(path) for path in scene.home.rglob(".*") if path.name.endswith("-new")} <= temporary
    for history_file in history_files(scene):
        if history_file.name != OLD_MONTH:
            content = history_file.read_bytes()
            assert content.startswith(readings)
            assert content[len(readings) :].count(b"\n") <= 1


def _scene(root: Path, api: Api) -> Scene:
    world = World(root)
    world.env["USAGELINE_API_URL"] = api.url
    return Scene(world)


def _case(scene: Scene, release: Release, *arguments: str) -> Case:
    world = scene.world
    newest = [path for path in history_files(scene) if path.name != OLD_MONTH]
    readings = newest[0].read_bytes() if newest else b""

    def again() -> None:
        # What the client saw replaces the request, which is not allowed so soon after an
        # interrupted one.
        world.client_saw(usage_body(session=93))
        outcome = refresh(world.env, force=True)
        assert outcome.state == "refreshed", outcome
        assert outcome.snapshot is not None
        assert outcome.snapshot["status"] == "ok"
        (month,) = history_files(scene)
        assert month.read_bytes().startswith(readings)
        decoded = list(decode(month.read_bytes().split(b"\n")))
        assert decoded[-1].observed_at > time.time() - 60
        database = world.cache / "store" / "cache.db"
        with sqlite3.connect(database) as connection:
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)

    return Case(
        scene,
        Command([*release.refresh_command, *arguments], world.env),
        look=lambda: assert_sound(scene, readings),
        again=again,
        restored=lambda: world.write_state(cachedUsageUtilization=None),
    )
