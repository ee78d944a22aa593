"""Uninstall where not everything is as install left it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths

if TYPE_CHECKING:
    from tests.setup.machine import Machine


def test_where_nothing_is_installed_there_is_nothing_to_do(machine: Machine) -> None:
    """And nothing is made."""
    before = machine.tree(times=True)
    assert "Nothing of usageline" in machine.run("--uninstall")
    assert machine.tree(times=True) == before


def test_twice_is_as_good_as_once(profile: Machine) -> None:
    """The second one finds nothing of this profile."""
    profile.run()
    profile.run("--uninstall")
    profile.run("--uninstall")
    assert not profile.settings.exists()


def test_without_a_record_what_is_ours_is_still_found(profile: Machine) -> None:
    """By the path of our program in the commands."""
    profile.write_settings(b'{"a": 1, "hooks": {"Stop": []}}')
    profile.run()
    Path(paths.install_record(profile.env)).unlink()
    profile.run("--uninstall")
    assert json.loads(profile.settings.read_text()) == {"a": 1, "hooks": {"Stop": []}}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"release": 1}', "null", '{"version": 1}'])
def test_a_broken_record_is_as_good_as_none(profile: Machine, content: str) -> None:
    """Install and uninstall go on."""
    profile.run()
    Path(paths.install_record(profile.env)).write_text(content)
    profile.run()
    profile.run("--uninstall")
    assert b"usageline" not in (profile.settings.read_bytes() if profile.settings.exists() else b"")


def test_a_line_whose_program_is_gone_says_so(profile: Machine) -> None:
    """Exit 0 and a hint, instead of a blank line."""
    profile.run()
    away = profile.data_dir.rename(profile.data_dir.with_name("away"))
    try:
        assert "run install.sh again" in profile.line()
        profile.run("--uninstall")
    finally:
        away.rename(profile.data_dir)
    assert not profile.settings.exists()


def test_settings_that_are_gone_are_not_made_again(profile: Machine) -> None:
    """The user removed them."""
    profile.run()
    profile.settings.unlink()
    profile.run("--uninstall")
    assert not profile.settings.exists()


def test_settings_that_broke_meanwhile_are_left_alone_and_named(profile: Machine) -> None:
    """The rest goes; the user is told what is left to do."""
    profile.run()
    broken = profile.settings.read_bytes() + b"oops"
    profile.settings.write_bytes(broken)
    assert "yourself" in profile.run("--uninstall", expect=1)
    assert profile.settings.read_bytes() == broken


def test_the_users_configuration_stays(machine: Machine, profile: Machine) -> None:
    """And is mentioned."""
    del machine
    config = Path(paths.config_file(profile.env))
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("ttl = 600\n")
    profile.run()
    assert "config.toml" in profile.run("--uninstall")
    assert config.read_text() == "ttl = 600\n"
    shutil.rmtree(config.parent)


def test_by_the_installed_program_itself(profile: Machine) -> None:
    """`usageline uninstall` runs the release's own copy."""
    profile.run()
    setup = profile.data_dir / "current/plugin/usageline/setup/__main__.py"
    done = profile.world.run(
        profile.data_dir / "current/venv/bin/python", "-I", "-B", setup, "--uninstall"
    )
    assert done.returncode == 0, done.stderr
    assert not profile.settings.exists()
