"""Fixtures for every test: a world to run in, a server, a release."""

from __future__ import annotations

import gc
import os
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

from tests import program
from tests.scheduling import GroupScheduling, is_long
from tests.server import Api
from tests.setup.machine import make_clone
from tests.world import Release, World, build_release
from tests.zones import local_zone
from usageline.line import chain
from usageline.system import origin, origin_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

    MadeOnce = Callable[[str, Callable[[Path], object]], Path]

# The many objects of the collection live on: a search among them frees nothing.
gc.disable()

# The machine's load must not fail a property test, and no examples are written into the clone.
settings.register_profile("usageline", deadline=None, database=None)
settings.register_profile("quick", settings.get_profile("usageline"), max_examples=25)
settings.load_profile("usageline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the tests in `faults`; pytest takes options only from here."""
    parser.addoption(
        "--full", action="store_true", help="everything at full size, and all of tests/faults"
    )
    parser.addoption(
        "--quick", action="store_true", help="not the tests marked slow, and fewer examples"
    )
    parser.addoption("--figures", metavar="FILE", help="add what tests/faults measured to FILE")
    parser.addoption(
        "--part",
        choices=("parallel", "serial"),
        help="run only the tests without, or only those with, the marker serial",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples of each property with `--quick`."""
    if config.getoption("--quick"):
        settings.load_profile("quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Select the tests of a tier and a part, and begin with the long ones: none is left to the end.

    `tests/run` runs the parallel part in several processes and then the serial part alone.
    """
    part, is_quick = config.getoption("--part"), config.getoption("--quick")

    def is_selected(item: pytest.Item) -> bool:
        is_serial = item.get_closest_marker("serial") is not None
        is_slow = item.get_closest_marker("slow") is not None
        return not (is_slow and is_quick) and part in {None, "serial" if is_serial else "parallel"}

    selected = sorted(filter(is_selected, items), key=lambda item: not is_long(item))
    config.hook.pytest_deselected(items=[item for item in items if not is_selected(item)])
    items[:] = selected


def pytest_collection_finish() -> None:
    """Collect garbage again, but never search the collected tests for it."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Distribute by group, unless the command line names another way."""
    return GroupScheduling(config, log) if config.getoption("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def nothing_installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Trust the environment in this process: the clone is not installed."""
    origin.ROOT = str(tmp_path_factory.mktemp("origin"))
    origin_record.disable(origin.ROOT)
    chain.ROOT = origin.ROOT


@pytest.fixture(autouse=True)
def shared_files_unchanged() -> Iterator[None]:
    """Fail a test that wrote into a file of other tests' releases."""
    yield
    program.assert_unchanged()


@pytest.fixture
def utc() -> Iterator[None]:
    """Set UTC as the local time of this process."""
    with local_zone("UTC"):
        yield


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a HOME with the sign-in of a Max plan. No API is set."""
    return World(tmp_path / "world")


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """Yield a running server that `world`'s environment names."""
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
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Make a directory once for all test processes.

    `made_once(name, make)` calls `make(path)` in the first process that calls it.
    """
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    return partial(_made_once, root)


def _made_once(root: Path, name: str, make: Callable[[Path], object]) -> Path:
    path, done = root / "made-once" / name, root / f"made-once-{name}.done"
    with FileLock(root / f"made-once-{name}.lock"):
        if not done.exists():
            path.parent.mkdir(exist_ok=True)
            make(path)
            done.touch()
    return path


@pytest.fixture(scope="session")
def built_release(made_once: MadeOnce) -> Release:
    """A release built once. Tests that change nothing in it may use it as it is."""
    return Release(made_once("release", partial(build_release, shared=False)))


@pytest.fixture(scope="session")
def clone(made_once: MadeOnce) -> Path:
    """Copy the installer's part of the clone to a path with a space and a quote."""
    return made_once("it's a clone", make_clone)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """A release of the test's own. `program.overwrite` changes its sources and bytecode."""
    return build_release(tmp_path / "release")


@pytest.fixture(scope="session")
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Return `size(quick, full)`: `full` with `--full`, as in `tests/run faults`, else `quick`."""
    full = request.config.getoption("--full")
    return lambda quick, whole: whole if full else quick


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; half a minute without it fails the test."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    return wait
