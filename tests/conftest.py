"""What every test may ask for: a world to run in, a server to ask, a release to run."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.server import Api
from tests.world import Release, World, build_release, link_environment
from usageline.line import chain
from usageline.system import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The machine's load must not fail a property test, and no examples are written into the clone.
settings.register_profile("usageline", deadline=None, database=None)
settings.load_profile("usageline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """For the tests in `faults`; pytest takes options from here alone."""
    parser.addoption("--full", action="store_true", help="all of tests/faults, at full size")
    parser.addoption("--figures", metavar="FILE", help="add what tests/faults measured to FILE")


@pytest.fixture(scope="session", autouse=True)
def nothing_installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What runs in this process believes its environment: nobody installed the clone."""
    origin.ROOT = str(tmp_path_factory.mktemp("origin"))
    origin.disable(origin.ROOT)
    chain.ROOT = origin.ROOT


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A HOME in which somebody with a Max plan is signed in; no API is set."""
    return World(tmp_path / "world")


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """A running server that `world`'s environment points to."""
    server = Api()
    world.env["USAGELINE_API_URL"] = server.url
    yield server
    server.close()


@pytest.fixture
def other_api() -> Iterator[Api]:
    """A second server that nothing points to: a redirect's target, a proxy."""
    server = Api()
    yield server
    server.close()


@pytest.fixture(scope="session")
def built_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release built once. Tests that change nothing in it may use it as it is."""
    return build_release(tmp_path_factory.mktemp("release") / "r1")


@pytest.fixture
def release(built_release: Release, tmp_path: Path) -> Release:
    """A release of the test's own."""
    root = tmp_path / "release"
    shutil.copytree(built_release.root, root, ignore=shutil.ignore_patterns("venv"))
    link_environment(root)
    return Release(root)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; half a minute without it fails the test."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    return wait
