"""Uninstall in states that install did not leave."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths
from usageline.storage import textfiles
from usageline.storage.org_cache import OrgCache
from usageline.storage.usage_index import checks, database
from usageline.system import directories
from usageline.system.paths import Paths
from usageline.usage.org.merge import Ledger

if TYPE_CHECKING:
    from tests.setup.machine import LocalMachine, Machine


def test_uninstall_without_an_installation_changes_nothing(local: Machine) -> None:
    before = local.tree(times=True)
    assert "Nothing of usageline" in local.run("--uninstall")
    assert local.tree(times=True) == before


def test_second_uninstall_succeeds(local: Machine) -> None:
    local.run()
    local.run("--uninstall")
    local.run("--uninstall")
    assert not local.settings.exists()


def test_uninstall_works_without_a_manifest(local: Machine) -> None:
    """The program's path in the commands identifies the entries."""
    local.write_settings(b'{"a": 1, "hooks": {"Stop": []}}')
    local.run()
    Path(paths.install_manifest(local.env)).unlink()
    local.run("--uninstall")
    assert json.loads(local.settings.read_text()) == {"a": 1, "hooks": {"Stop": []}}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"release": 1}', "null", '{"version": 1}'])
def test_unreadable_manifest_is_ignored(local: Machine, content: str) -> None:
    local.run()
    Path(paths.install_manifest(local.env)).write_text(content)
    local.run()
    local.run("--uninstall")
    assert b"usageline" not in (local.settings.read_bytes() if local.settings.exists() else b"")


def test_line_reports_a_missing_program(local: Machine) -> None:
    """The exit status is 0."""
    local.run()
    away = local.data_dir.rename(local.data_dir.with_name("away"))
    try:
        assert "install it again" in local.line()
        local.run("--uninstall")
    finally:
        away.rename(local.data_dir)
    assert not local.settings.exists()


def test_uninstall_does_not_recreate_deleted_settings(local: Machine) -> None:
    local.run()
    local.settings.unlink()
    local.run("--uninstall")
    assert not local.settings.exists()


def test_uninstall_leaves_broken_settings_alone_and_reports_them(local: Machine) -> None:
    """Everything else is removed."""
    local.run()
    broken = local.settings.read_bytes() + b"oops"
    local.settings.write_bytes(broken)
    assert "yourself" in local.run("--uninstall", expect=1)
    assert local.settings.read_bytes() == broken


def test_uninstall_leaves_the_configuration(local: Machine) -> None:
    """Uninstall mentions it."""
    config = Path(paths.config_file(local.env))
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("ttl = 600\n")
    local.run()
    assert "config.toml" in local.run("--uninstall")
    assert config.read_text() == "ttl = 600\n"


def test_installed_program_uninstalls_itself(profile: Machine) -> None:
    """`usageline uninstall` runs the copy in the release."""
    profile.run()
    setup = profile.data_dir / "current/plugin/usageline/setup/__main__.py"
    done = profile.world.run(
        profile.data_dir / "current/venv/bin/python", "-I", "-B", setup, "--uninstall"
    )
    assert done.returncode == 0, done.stderr
    assert not profile.settings.exists()


def keep_history(machine: Machine) -> Path:
    """Write the history of one account, and return it."""
    month = Path(machine.paths.history_dir) / "0123456789abcdef" / "2026-11.jsonl"
    month.parent.mkdir(parents=True)
    month.write_text("{}\n")
    return month


@pytest.mark.parametrize(
    ("answer", "arguments", "stays"),
    [
        (None, (), True),
        (None, ("--yes",), True),
        (None, ("--purge",), False),
        ("n", (), True),
        ("", (), True),
        ("y", (), False),
        ("yes", (), False),
        ("y", ("--yes",), True),
        ("n", ("--purge",), False),
    ],
)
def test_uninstall_keeps_the_history_unless_the_user_agrees(
    local: LocalMachine, answer: str | None, arguments: tuple[str, ...], stays: bool
) -> None:
    local.run()
    month = keep_history(local)
    local.answer = answer
    output = local.run("--uninstall", *arguments)
    assert month.exists() == stays
    assert ("The history of your usage stays" in output) == stays
    assert "did not create" not in output
    assert Path(paths.state_dir(local.env)).exists() == stays


def test_the_index_of_local_usage_is_kept_and_purged_as_the_history_is(
    local: LocalMachine,
) -> None:
    local.run()
    usage = Path(local.paths.usage_dir)
    usage.mkdir(mode=0o700)
    indexes = (checks.NAME, checks.NAME + database.ASIDE)
    names = {index + companion for index in indexes for companion in checks.COMPANIONS}
    names |= {"usage.lock", "alerts.json"}
    for name in names:
        (usage / name).touch()
    output = local.run("--uninstall", "--yes")
    assert f"stays in {usage}".replace(str(local.world.home), "~") in output
    assert {path.name for path in usage.iterdir()} == names
    local.run("--uninstall", "--yes", "--purge")
    assert not usage.exists()


def test_uninstall_removes_what_was_read_of_an_organization(local: LocalMachine) -> None:
    local.run()
    cache = OrgCache(Paths(local.env), "secret", "https://x", is_anonymous=True)
    sums = (Ledger(currency="USD"), None, "")
    cache.set_choice("analytics", 0)
    cache.set_recent("query", sums, 0)
    cache.add_days("analytics", "actor-type", {date(2026, 8, 20): sums})
    cache.add_page("listing", "cursor", "", Ledger(), 0)
    cache.set_names("key", {}, 0)
    for name in ("pace", "pause"):
        (Path(cache.path) / name).touch()
    assert len(list(Path(cache.path).iterdir())) == 7
    local.run("--uninstall")
    assert not Path(paths.state_dir(local.env)).exists()


def test_uninstall_after_a_kept_history_can_purge_it(local: LocalMachine) -> None:
    """An install in between uses it again."""
    local.run()
    keep_history(local)
    local.run("--uninstall")
    local.run()
    assert "--purge to remove it" in local.run("--uninstall", "--dry-run")
    local.run("--uninstall", "--purge")
    assert not Path(paths.state_dir(local.env)).exists()


def test_uninstall_of_one_profile_does_not_ask_about_the_shared_history(
    local: LocalMachine, tmp_path: Path
) -> None:
    local.run()
    local.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "second")
    local.run()
    month = keep_history(local)
    local.answer = "y"
    local.run("--uninstall")
    assert month.exists()


def test_uninstall_removes_the_textfile_of_metrics(local: Machine, tmp_path: Path) -> None:
    """A collector would report its numbers for ever. Other programs' files stay."""
    folder = tmp_path / "collector"
    folder.mkdir()
    (folder / "other.prom").write_text("other 1\n")
    local.run()
    mine = folder / "m.prom"
    textfiles.write(Paths(local.env), str(mine), b"a 1\n", lambda: True)
    assert str(mine) in local.run("--uninstall", "--dry-run")
    assert mine.exists()
    assert str(mine) in local.run("--uninstall")
    assert [path.name for path in folder.iterdir()] == ["other.prom"]
    assert not Path(textfiles.record_file(Paths(local.env))).exists()


def test_uninstall_of_one_profile_leaves_the_textfile_to_the_others(
    local: Machine, tmp_path: Path
) -> None:
    local.run()
    first = dict(local.env)
    local.env["CLAUDE_CONFIG_DIR"] = first["HOME"] + "/another"
    local.run()
    mine = tmp_path / "m.prom"
    textfiles.write(Paths(local.env), str(mine), b"a 1\n", lambda: True)
    local.run("--uninstall")
    assert mine.exists()
    local.env.pop("CLAUDE_CONFIG_DIR")
    local.env.update(first)
    local.run("--uninstall")
    assert not mine.exists()


def test_key_of_shared_readings_is_removed(local: Machine) -> None:
    """It is a secret, and it is worth nothing without the program. config.toml stays."""
    local.run()
    key, config = Path(Paths(local.env).shared_key), Path(paths.config_file(local.env))
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("0" * 64)
    config.write_text("# mine\n")
    assert "shared.key" in local.run("--uninstall", "--dry-run")
    assert key.exists()
    assert "shared.key" in local.run("--uninstall")
    assert (key.exists(), config.exists()) == (False, True)


def test_uninstall_removes_the_caches_of_all_sessions(local: Machine, tmp_path: Path) -> None:
    """A session with another CLAUDE_CONFIG_DIR has one, though no install knows that directory."""
    first = dict(local.env)
    local.run()
    caches = []
    for name in ("first", "second"):
        env = {**first, "CLAUDE_CONFIG_DIR": str(tmp_path / name)}
        caches.append(directories.prepare(Paths(env)))
        Path(Paths(env).snapshot).write_text("{}")
    Path(caches[0], "mine").write_text("mine")
    base = Path(caches[0]).parent
    (base / "notes").mkdir()

    local.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "third")
    local.run()
    local.run("--uninstall")
    assert Path(caches[1]).exists()
    local.env.pop("CLAUDE_CONFIG_DIR")
    local.env.update(first)
    assert "2 of other profiles" in local.run("--uninstall", "--dry-run")
    assert Path(caches[1]).exists()
    assert "2 of other profiles" in local.run("--uninstall")
    assert sorted(path.name for path in base.iterdir()) == sorted(
        [os.path.basename(caches[0]), "notes"]
    )
    assert [path.name for path in Path(caches[0]).iterdir()] == ["mine"]
