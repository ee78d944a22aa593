"""Uninstall removes exactly usageline's files, even if its directories overlap each other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import jobs, paths
from usageline.refresh.log_entry import RunLog
from usageline.setup import manifest
from usageline.setup.context import SetupContext
from usageline.setup.uninstall import uninstall
from usageline.storage import refresh_log
from usageline.storage.usage_index import checks, database
from usageline.system import directories
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from tests.world import World

ONE = "{0}/x"
PLACES = {
    "config = state": {"XDG_CONFIG_HOME": ONE, "XDG_STATE_HOME": ONE},
    "config = cache": {"XDG_CONFIG_HOME": ONE, "XDG_CACHE_HOME": ONE},
    "config = data": {"XDG_CONFIG_HOME": ONE, "XDG_DATA_HOME": ONE},
    "all one": dict.fromkeys(
        ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), ONE
    ),
    "cache in state": {"XDG_STATE_HOME": ONE, "XDG_CACHE_HOME": ONE + "/usageline"},
    "state in cache": {"XDG_CACHE_HOME": ONE, "XDG_STATE_HOME": ONE + "/usageline/default"},
    "config in cache": {"XDG_CACHE_HOME": ONE, "XDG_CONFIG_HOME": ONE + "/usageline/default"},
    "config in history": {"XDG_STATE_HOME": ONE, "XDG_CONFIG_HOME": ONE + "/usageline/history"},
    "config in releases": {"XDG_DATA_HOME": ONE, "XDG_CONFIG_HOME": ONE + "/usageline/releases"},
    "claude in state": {"XDG_STATE_HOME": ONE, "CLAUDE_CONFIG_DIR": ONE + "/usageline"},
    "data in cache": {"XDG_CACHE_HOME": ONE, "XDG_DATA_HOME": ONE + "/usageline/default/store"},
    "apart": {},
}
CLONE = (
    "README.md",
    ".git/HEAD",
    "plugin/usageline/statusline.py",
    "releases/mine/notes",
    "history/notes.txt",
    "store/mine.db",
    "log.txt",
    "install-notes.json",
    "current/x",
)


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).write_text(text)


def _install(env: dict[str, str]) -> None:
    """Create the files of an installation that was used for a day."""
    directories.prepare(Paths(env))
    for path in (
        paths.snapshot(env),
        paths.line_config(env),
        paths.stamp(env),
        paths.lock(env),
        paths.lock_owner(env),
    ):
        _write(path, "{}")
    _write(paths.shown_alerts_dir(env) + "/0123456789abcdef", "")
    _write(paths.jobs_dir(env) + "/git-0123456789abcdef.json", "{}")
    _write(paths.jobs_dir(env) + "/.git-0123456789abcdef.json.1a-0123abcd.usageline-new", "{")
    _write(jobs.result_file(env, jobs.LOCAL, jobs.LOCAL_KEY), "{}")
    _write(jobs.stamp_file(env, jobs.LOCAL, jobs.LOCAL_KEY), "")
    _write(paths.store_dir(env) + "/cache.db", "")
    _write(paths.store_dir(env) + ".broken/cache.db-journal", "")
    _write(paths.snapshot(env) + ".broken", "")
    _write(paths.history_dir(env) + "/0123456789abcdef/2026-11.jsonl", "{}")
    assert refresh_log.append(Paths(env), RunLog().aborted("a test"))
    _write(paths.state_dir(env) + "/edit/before.toml", "")
    indexes = (checks.NAME, checks.NAME + database.ASIDE)
    files = [index + companion for index in indexes for companion in checks.COMPANIONS]
    for name in (*files, "usage.lock", "alerts.json"):
        _write(f"{paths.state_dir(env)}/usage/{name}", "")
    data = paths.data_dir(env)
    for name in ("0.1.0-0123456789", "0.0.9-abcdefabcd"):
        _write(f"{data}/releases/{name}/venv/bin/python", "")
    if not os.path.lexists(data + "/current"):
        os.symlink("releases/0.1.0-0123456789", data + "/current")
    _write(paths.claude_settings(env), "{}")
    manifest.save(
        Paths(env),
        manifest.Manifest(
            "0.1.0-0123456789",
            data,
            "/usr/bin/python3",
            "/usr/bin/python3",
            before=manifest.encode_settings(b"{}"),
        ),
    )


def _files(root: Path) -> set[str]:
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


@pytest.mark.parametrize("place", PLACES)
def test_uninstall_removes_exactly_what_usageline_created(world: World, place: str) -> None:
    """config.toml stays, and a clone in each of the directories in turn."""
    for host in (paths.state_dir, paths.cache_dir, paths.data_dir):
        root = world.home / host.__name__
        env = {
            **world.env,
            "HOME": str(root),
            **{name: path.format(root) for name, path in PLACES[place].items()},
        }
        _write(paths.config_file(env), "ttl = 600\n")
        for name in CLONE:
            _write(f"{host(env)}/{name}", "mine")
        before = _files(root)
        _install(env)
        messages: list[str] = []
        assert uninstall(SetupContext(env, "/nonexistent", messages.append, purge=True)) == 0
        assert _files(root) == before | {os.path.relpath(paths.claude_settings(env), root)}, (
            messages
        )
        assert any("was left: it holds files" in message for message in messages)


def test_uninstall_leaves_no_directory_without_files_of_the_user(world: World) -> None:
    root = world.home / "root"
    env = {**world.env, "HOME": str(root)}
    _install(env)
    messages: list[str] = []
    uninstall(SetupContext(env, "/nonexistent", messages.append, purge=True))
    assert list(root.rglob("usageline*")) == []
    assert not any("was left" in message for message in messages)


def test_last_uninstall_removes_the_cache_of_every_profile(world: World) -> None:
    """A session can use another spelling of the directory, or another store of the sign-in."""
    root = world.home / "root"
    env = {**world.env, "HOME": str(root)}
    _install(env)
    spelled = {**env, "CLAUDE_CONFIG_DIR": f"{root}/./.claude"}
    stored = {**env, "CLAUDE_SECURESTORAGE_CONFIG_DIR": f"{root}/store"}
    for other in (spelled, stored):
        _write(paths.cache_dir(other) + "/snapshot.json", "{}")
        _write(paths.cache_dir(other) + "/store/cache.db", "")
    mine = paths.cache_dir(stored) + "/mine.json"
    _write(mine, "mine")
    caches = os.path.dirname(paths.cache_dir(env))
    os.symlink(root / ".claude", f"{caches}/0123456789abcdef")
    _write(f"{caches}/fedcba9876543210", "no directory")
    uninstall(SetupContext(env, "/nonexistent", lambda _: None, purge=True))
    left = {str(path) for path in Path(caches).rglob("*") if path.is_file()}
    assert left == {mine, f"{caches}/fedcba9876543210"}
    assert Path(paths.claude_settings(env)).exists()


def test_uninstall_keeps_the_cache_of_an_installed_profile(world: World) -> None:
    root = world.home / "root"
    env = {**world.env, "HOME": str(root)}
    other = {**env, "CLAUDE_CONFIG_DIR": f"{root}/other"}
    _install(env)
    _install(other)
    uninstall(SetupContext(env, "/nonexistent", lambda _: None, purge=True))
    assert not Path(paths.cache_dir(env)).exists()
    assert Path(paths.cache_dir(other), "snapshot.json").exists()


def test_dry_run_removes_nothing(world: World) -> None:
    root = world.home / "root"
    env = {**world.env, "HOME": str(root)}
    _install(env)
    before = _files(root)
    uninstall(SetupContext(env, "/nonexistent", lambda _: None, dry_run=True))
    assert _files(root) == before


def test_kept_history_includes_the_sums_of_transcripts(world: World) -> None:
    env = {**world.env, "HOME": str(world.home / "root")}
    _install(env)
    messages: list[str] = []
    assert uninstall(SetupContext(env, "/nonexistent", messages.append, purge=False)) == 0
    assert {*os.listdir(paths.state_dir(env))} == {"history", "usage"}
    assert not [text for text in messages if "did not create" in text]
