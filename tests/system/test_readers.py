"""What this room reads from outside."""

from __future__ import annotations

from tests.faults.content.readers import assert_tried


def test_hostile_input_is_tried_on_every_reader() -> None:
    assert_tried("system")
