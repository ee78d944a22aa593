"""Convert a fuzzer's bytes to input: the first bytes are choices, the rest is content."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

BETWEEN = b"\x1e"
"""The separator between two parts of content (the record separator)."""


class Input:
    """Input bytes, consumed from the front."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def choice(self, values: Sequence[T]) -> T:
        """Return the value that the next byte selects, the first without one."""
        head, self.left = self.left[:1], self.left[1:]
        return values[head[0] % len(values)] if head else values[0]

    def parts(self, count: int) -> list[bytes]:
        """Split the rest into this many parts; missing ones are empty."""
        pieces = self.left.split(BETWEEN, count - 1)
        return [*pieces, *[b""] * (count - len(pieces))]
