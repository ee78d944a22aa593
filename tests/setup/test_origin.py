from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hot import Hot
from usageline import __version__, config, paths
from usageline.config import origin
from usageline.config.check import check_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup.machine import Machine
    from world import Release, World


def write(folder: Path, text: str) -> None:
    (folder / "usageline").mkdir(parents=True, exist_ok=True)
    (folder / "usageline" / "config.toml").write_text(text)


def test_a_configuration_that_a_project_chose_runs_nothing(world: World, release: Release, eventually: Callable[..., None]) -> None:
    """It may change how the line looks; what it may not is named with its line."""
    origin.allow(str(release.root), [paths.config_file(world.env)])
    hot, ran = Hot(world, release), world.home / "ran"
    hot.publish()
    chosen: dict[str, str | None] = {"XDG_CONFIG_HOME": str(world.home / "project")}
    write(world.home / "project", f'theme = "ascii"\n[chain]\ncommand = "touch {ran}; echo theirs"')
    for _ in range(3):
        assert hot.run(env=chosen).stdout.decode().rstrip().endswith("config.toml:3: chain.command")
    write(world.home / ".config", f'rows = [["context"]]\n[chain]\ncommand = "touch {ran}; echo ours"')
    hot.run()
    eventually(lambda: hot.run() and ran.exists())  # the user's own does run, so the other one would have by now


def test_a_cache_that_a_project_chose_runs_nothing(world: World, release: Release) -> None:
    """Neither at once nor when nobody can compile the configuration anew."""
    hot, ran = Hot(world, release), world.home / "ran"
    hot.publish()
    chosen: dict[str, str | None] = {"XDG_CACHE_HOME": str(world.home / "project")}
    place = Path(paths.line_config({**world.env, "XDG_CACHE_HOME": str(world.home / "project")}))
    place.parent.mkdir(parents=True, mode=0o700)
    hostile = {"version": 1, "rows": [[["model", {}]]], "chain": {"command": f"touch {ran}", "wait": True, "timeout": 5}}
    world.configure('rows = [["context"]]')
    for claimed in (True, False):
        place.write_text(json.dumps({**hostile, "program": __version__, "stamp": "1-2-3"}))
        place.chmod(0o600)
        if claimed:
            place.with_name("line.stamp").touch(mode=0o600)
        else:
            place.with_name("line.stamp").unlink()
        hot.run(env=chosen)
        assert not ran.exists()


@pytest.mark.parametrize("text", ['client = "/bin/claude"', '[alerts]\ncommand = "x"', '[chain]\ncommand = "x"'])
def test_every_key_that_names_a_program_is_refused_there(text: str) -> None:
    assert check_text(text).problems == []
    (problem,) = check_text(text, programs=False).problems
    assert problem.text == origin.REFUSED
    assert (
        check_text(text, programs=False).values
        == check_text("[alerts]" if "alerts" in text else "[chain]" if "chain" in text else "").values
    )


def test_a_clone_that_nobody_installed_believes_all(tmp_path: Path) -> None:
    home = {"HOME": "/home/me", "PATH": "/theirs"}
    assert origin.may_name_programs(home, str(tmp_path))
    assert origin.search_path(home, str(tmp_path)) == "/theirs"
    origin.allow(str(tmp_path), ["/home/me/.config/usageline/config.toml", "/a/usageline/config.toml"])
    origin.remember_path(str(tmp_path), "/mine:relative::/bin")
    assert origin.search_path(home, str(tmp_path)) == "/mine:/bin"
    assert origin.may_name_programs(home, str(tmp_path))
    assert origin.may_name_programs({**home, "XDG_CONFIG_HOME": "/a/."}, str(tmp_path))
    assert not origin.may_name_programs({**home, "XDG_CONFIG_HOME": "/b"}, str(tmp_path))
    assert not origin.may_name_programs({"HOME": "/project", "XDG_CONFIG_HOME": "/a"}, str(tmp_path))


def test_an_install_lists_the_configuration_of_its_own_environment_and_keeps_the_ones_before(machine: Machine) -> None:
    machine.run()
    release = str(machine.data_dir / "current")
    usual = paths.config_file(machine.env)
    assert origin.listed_in(release) == [usual]
    machine.env["XDG_CONFIG_HOME"] = str(machine.world.home / "other")
    machine.run()
    assert origin.listed_in(release) == [usual, paths.config_file(machine.env)]
    machine.run("--uninstall")
    assert origin.listed_in(release) == []


def test_the_refresh_takes_no_program_from_elsewhere_either(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.configure('[alerts]\ncommand = "x"\nthresholds = [50]')
    assert config.load(world.env).alerts.command == "x"
    monkeypatch.setattr("usageline.config.cold.may_name_programs", lambda _env: False)
    found, problem = config.tolerant(world.env)
    assert (found.alerts.command, found.alerts.thresholds) == ("", (50,))
    assert "alerts.command" in str(problem)
