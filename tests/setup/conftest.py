"""A home directory to install into from a copy of the clone, without a network."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.hot import INTERPRETER
from tests.setup.machine import LocalMachine, Machine, link_release, make_machine, place_release
from tests.world import World
from usageline.setup import first_run, release_plan, releases
from usageline.setup.interpreters import Interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.world import Release


@pytest.fixture
def machine(tmp_path: Path, clone: Path) -> Machine:
    """Return a new world without an installation."""
    return make_machine(tmp_path / "world", clone)


@pytest.fixture(scope="session")
def installed_world(
    tmp_path_factory: pytest.TempPathFactory, clone: Path, built_release: Release
) -> Machine:
    """Install a built program for the default profile, once. Its tests must not change it."""
    machine = make_machine(tmp_path_factory.mktemp("installed") / "world", clone)
    place_release(machine, built_release)
    machine.run()
    return machine


@pytest.fixture
def profile(installed_world: Machine, tmp_path: Path) -> Iterator[Machine]:
    """Return another profile of the installed world: an install only changes its settings."""
    world = World(tmp_path / "unused")
    world.env.clear()
    world.env.update(installed_world.env, CLAUDE_CONFIG_DIR=str(tmp_path / "profile"))
    machine = Machine(world, installed_world.clone)
    yield machine
    machine.wait_for_refreshes()


@pytest.fixture
def local(
    tmp_path: Path, clone: Path, built_release: Release, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalMachine]:
    """Return a new world whose installs run in this process and neither build nor time."""
    made = make_machine(tmp_path / "world", clone)
    machine = LocalMachine(made.world, made.clone)
    machine.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "profile")
    python = Interpreter(INTERPRETER, sys.version_info[:3])

    def build(*_: object) -> tuple[releases.Release, Interpreter]:
        return link_release(built_release, machine, machine.release_id), python

    monkeypatch.setattr(release_plan, "build", build)
    monkeypatch.setattr(release_plan, "choose_interpreter", lambda *_: python)
    monkeypatch.setattr(first_run, "run_refresh", lambda *_: "numbers received")
    monkeypatch.setattr(first_run, "run_line", lambda *_: "")
    monkeypatch.setattr(
        first_run, "command_output", lambda _program, words, _env: machine.prints(words)
    )
    yield machine
    machine.wait_for_refreshes()
