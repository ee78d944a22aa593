"""Cut a transcript into the lines that may have usage, in bounded memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

CHUNK_BYTES = 256 << 10
"""It stays in the processor's cache while it is searched."""
MAX_LINE_BYTES = 256 << 20
"""A longer line is skipped and counted."""

MARK = b'"usage"'
"""Inside a JSON string it can only occur with backslashes before its quotes."""


STATE_MARK = b'"cost-state"'
"""Of a line with Claude Code's own counters. Subagents' transcripts have none."""

OWNER_MARK = b'"bridge-session"'
"""Of a line with the account of a session that is also open elsewhere."""


class Candidate(NamedTuple):
    """A line with a mark. `is_whole` is false for the last one without its newline."""

    line: bytes
    is_whole: bool
    mark: bytes = MARK


class Lines:
    """The candidates of one open file from `offset` on.

    After the iteration `offset` is behind the last newline, and `too_long` counts skipped lines.
    """

    def __init__(
        self,
        file: BinaryIO,
        offset: int,
        chunk_bytes: int = CHUNK_BYTES,
        marks: tuple[bytes, ...] = (MARK,),
    ) -> None:
        self._marks = marks
        self.offset = offset
        self.too_long = 0
        self._file = file
        self._chunk_bytes = chunk_bytes

    def __iter__(self) -> Iterator[Candidate]:
        """Yield the candidates, in order."""
        self._file.seek(self.offset, os.SEEK_SET)
        rest = bytearray()
        skipping = False
        while chunk := self._file.read(self._chunk_bytes):
            end = chunk.rfind(b"\n") + 1
            if not end:
                skipping = skipping or len(rest) + len(chunk) > MAX_LINE_BYTES
                if skipping:
                    rest.clear()
                else:
                    rest += chunk
                continue
            if skipping:
                start = chunk.find(b"\n") + 1
                self.too_long += 1
                skipping = False
                whole = chunk[start:end]
            elif rest:
                rest += chunk[:end]
                whole = bytes(rest)
            else:
                whole = chunk[:end]
            for mark in self._marks:
                yield from _marked(whole, mark)
            self.offset = self._file.tell() - (len(chunk) - end)
            rest = bytearray(chunk[end:])
        if rest and MARK in rest:
            yield Candidate(bytes(rest), is_whole=False)


def _marked(block: bytes, mark: bytes) -> Iterator[Candidate]:
    """Yield the lines of a block with the mark in them. The block ends with a newline."""
    position = block.find(mark)
    while position >= 0:
        start = block.rfind(b"\n", 0, position) + 1
        end = block.find(b"\n", position)
        yield Candidate(block[start:end], True, mark)
        position = block.find(mark, end)
