"""The fault tests of each size, and the figures that they report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable


def pytest_configure(config: pytest.Config) -> None:
    """Write the figures to the file that `--figures` names.

    If tests run in several processes, only their controller writes.
    """
    path = config.getoption("--figures", default=None)
    if (
        path
        and not hasattr(config, "workerinput")
        and not config.pluginmanager.has_plugin("figures")
    ):
        config.pluginmanager.register(Figures(path), "figures")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test marked `full` is too long for `tests/run`; `tests/run faults` runs it."""
    if not config.getoption("--full"):
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Report a measured figure in a few words, such as "512 moments", for docs/FAULTS.md."""
    return lambda text: request.node.user_properties.append(("figure", text))
