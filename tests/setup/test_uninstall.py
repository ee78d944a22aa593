"""Uninstall in states that install did not leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths

if TYPE_CHECKING:
    from tests.setup.machine import Machine


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
