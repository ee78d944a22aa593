"""A HOME to install into, from a copy of the clone, with no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import Machine, make_clone, make_machine
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MadeOnce


WORLDS = 2
"""In how many processes the tests that share an installed program run: it takes seconds to install."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests that share an installed program."""
    sharing = [item for item in items if "installed_world" in getattr(item, "fixturenames", ())]
    for number, item in enumerate(sharing):
        item.add_marker(pytest.mark.xdist_group(f"installed-{number % WORLDS}"))


@pytest.fixture(scope="session")
def clone(made_once: MadeOnce) -> Path:
    """A copy of the clone, at a path with a space and a quote in it."""
    return made_once("it's a clone", make_clone)


@pytest.fixture
def machine(tmp_path: Path, clone: Path) -> Machine:
    """A new world with nothing installed."""
    return make_machine(tmp_path / "world", clone)


@pytest.fixture(scope="session")
def installed_world(tmp_path_factory: pytest.TempPathFactory, clone: Path) -> Machine:
    """A world in which the program is installed for the default profile. Only `profile` may use it."""
    machine = make_machine(tmp_path_factory.mktemp("installed") / "world", clone)
    machine.run()
    return machine


@pytest.fixture
def profile(installed_world: Machine, tmp_path: Path) -> Iterator[Machine]:
    """Another profile in a world where the program is there already, so that an install only wires it (and is quick)."""
    world = World(tmp_path / "unused")
    world.env.clear()
    world.env.update(installed_world.env, CLAUDE_CONFIG_DIR=str(tmp_path / "profile"))
    machine = Machine(world, installed_world.clone)
    yield machine
    machine.wait_for_refreshes()
