"""The distribution of the tests to the test processes."""

from __future__ import annotations

from tests.scheduling import GROUPS
from tests.world import REPOSITORY


def test_each_file_of_a_group_exists() -> None:
    assert [path for path in GROUPS if not (REPOSITORY / path).is_file()] == []
