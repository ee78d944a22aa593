"""Cut a transcript into blocks of whole lines, and leave out the lines that have no usage."""

from __future__ import annotations

import os

from usageline.sources.transcripts.shorten import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES = 512 << 10
"""It stays in the processor's cache while it is searched."""

LONG_BYTES = 2 << 20
"""A longer line loses the insides of its long texts, so that it does not fill the memory."""

MAX_LINE_BYTES = 256 << 20
"""A longer line is skipped and counted."""

MARK = b'"usage"'
"""Inside a JSON string it can only occur with backslashes before its quotes."""

STATE_MARK = b'"cost-state"'
"""Of a line with Claude Code's own notes. Subagents' transcripts have none."""

OWNER_MARK = b'"bridge-session"'
"""Of a line with the account of a session that is also open elsewhere."""

PARENT = b'{"parentUuid":'
"""How the lines of a conversation begin, and no note."""

USER = b'"type":"user"'
"""More than half of all bytes are tool results. Their usage is not that of a response."""

HEAD_BYTES = 256
"""A line is searched for its type no further."""


class Lines:
    """The blocks of whole lines of an open file from `offset` on, to its size or a little further.

    After the iteration `offset` is behind the last newline, `too_long` counts skipped lines, and
    `buffer` can be used for the next file.
    """

    def __init__(
        self, descriptor: int, offset: int, size: int, buffer: bytearray | None = None
    ) -> None:
        self.offset = offset
        self._size = size
        self.too_long = 0
        self._descriptor = descriptor
        self.buffer = bytearray(CHUNK_BYTES) if buffer is None else buffer
        self._filled = 0
        self._removed = 0
        self._skips = False
        self._has_mark = False

    def __iter__(self) -> Iterator[tuple[bytearray, int, int]]:
        """Yield a buffer, and start and end of its whole lines; last an unfinished line.

        The next block overwrites the buffer.
        """
        position = os.lseek(self._descriptor, self.offset, os.SEEK_SET)
        while position < self._size:
            if self._skips or self._filled * 2 > len(self.buffer):
                self._make_room()
            buffer, filled = self.buffer, self._filled
            free = memoryview(buffer)[filled : filled + CHUNK_BYTES]
            count = os.readv(self._descriptor, [free])
            if not count:
                break
            position += count
            size = filled + count
            end = buffer.rfind(b"\n", filled, size) + 1
            if not end:
                self._filled = size
                continue
            start = self._end_of_skipped() if self._removed else 0
            self.offset = position - (size - end)
            if start < end:
                yield buffer, start, end
            self._filled = size - end
            buffer[: self._filled] = buffer[end:size]
        if self._filled and not self._skips:
            yield self.buffer, 0, self._filled

    def _make_room(self) -> None:
        """Make half of the buffer free for the rest of an unfinished line."""
        buffer, filled = self.buffer, self._filled
        if not self._skips and len(buffer) < 2 * LONG_BYTES:
            self.buffer = bytearray(2 * len(buffer))
            self.buffer[:filled] = buffer[:filled]
            return
        if not self._skips:
            short = shortened(bytes(buffer[:filled]))
            buffer[: len(short)] = short
            self._removed += filled - len(short)
            self._filled = filled = len(short)
        self._skips = self._skips or filled > LONG_BYTES or self._removed + filled > MAX_LINE_BYTES
        if self._skips:
            self._has_mark = self._has_mark or buffer.find(MARK, 0, filled) >= 0
            # The mark may lie across two blocks.
            self._filled = min(filled, len(MARK) - 1)
            buffer[: self._filled] = buffer[filled - self._filled : filled]
            self._removed += filled - self._filled

    def _end_of_skipped(self) -> int:
        """Return the end of a line of which parts were removed if it is skipped, else 0."""
        end = self.buffer.find(b"\n") + 1
        is_too_long = self._removed + end > MAX_LINE_BYTES
        has_mark = self._has_mark or self.buffer.find(MARK, 0, end) >= 0
        skips, self._skips, self._has_mark, self._removed = self._skips, False, False, 0
        if is_too_long or (skips and has_mark):
            self.too_long += 1
        return end if skips or is_too_long else 0


def relevant(
    buffer: bytearray, start: int, end: int, *, states: bool
) -> tuple[list[memoryview], list[memoryview]]:
    """Return the lines that are no user's, and with `states` those of a session's notes."""
    view = memoryview(buffer)
    find, count, startswith = buffer.find, buffer.count, buffer.startswith
    lines, notes = [], []
    while start < end:
        stop = find(b"\n", start, end)
        if stop < 0:
            stop = end
        user = find(USER, start, start + HEAD_BYTES)
        # With one brace before it, it is the type of the line itself and not that of a part.
        if not 0 <= user < stop or count(b"{", start, user) != 1:
            lines.append(view[start:stop])
            if states and not startswith(PARENT, start):
                head = min(start + HEAD_BYTES, stop)
                if find(STATE_MARK, start, stop) >= 0 or find(OWNER_MARK, start, head) >= 0:
                    notes.append(view[start:stop])
        start = stop + 1
    return lines, notes
