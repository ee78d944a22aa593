"""What this room reads from outside."""

from __future__ import annotations

import pytest

from tests.faults.content.readers import assert_tried


@pytest.mark.parametrize("room", ["line", "core", "statusline"])
def test_hostile_input_is_tried_on_every_reader(room: str) -> None:
    assert_tried(room)
