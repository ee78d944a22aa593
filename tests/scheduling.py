"""Distribute the tests to the test processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

GROUPS = {
    "tests/faults/network/test_faults.py": "network",
    "tests/faults/network/test_reach.py": "network",
    "tests/faults/network/test_retry_after.py": "network",
    "tests/forecast/test_better.py": "forecast",
}
"""Files whose tests share a fixture that takes many seconds, and the name of their group."""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Run the tests of a group in one process, and any other test in the next free process.

    Groups begin first.
    """

    def _split_scope(self, nodeid: str) -> str:
        return GROUPS.get(nodeid.partition("::")[0], nodeid)


def is_long(item: pytest.Item) -> bool:
    """Return whether a test has a longer timeout than the usual one."""
    marker = item.get_closest_marker("timeout")
    usual_s = float(item.config.getini("timeout") or 0)
    return marker is not None and float(marker.args[0]) > usual_s
