"""How a fuzzer's bytes become what a reader reads: choices from the first bytes, the rest is content."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

BETWEEN = b"\x1e"
"""Stands between two parts of content (the record separator)."""


class Input:
    """The bytes, taken from the front."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def choice(self, values: Sequence[T]) -> T:
        """One of the values, by the next byte; the first where there is none."""
        head, self.left = self.left[:1], self.left[1:]
        return values[head[0] % len(values)] if head else values[0]

    def parts(self, count: int) -> list[bytes]:
        """The rest as so many parts; what is missing is empty."""
        found = self.left.split(BETWEEN, count - 1)
        return [*found, *[b""] * (count - len(found))]
