"""Cut a transcript into blocks of whole lines, and leave out the lines that have no usage.

Shorten a long line to what is read of it, while the rest of it is still to come.
"""

from __future__ import annotations

import os

from usageline.sources.transcripts.facts import MAX_TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match, Pattern

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

EDGE_BYTES = 16
"""A longer one than any escape."""

TEXT_BYTES = 12 * MAX_TEXT + 2 * EDGE_BYTES
"""MAX_TEXT characters, even if each is written as two escapes."""

MAX_DEPTH = 10_000
"""A line with more cannot be parsed."""

MAX_KEY = 32
MAX_LITERAL = 64
READ = frozenset(
    {
        *(b"data", b"forkedFrom", b"message", b"usage"),
        *(b"cache_creation", b"iterations", b"server_tool_use"),
    }
)
"""The keys of the objects and arrays that are read. The inside of any other one is left out."""

QUOTE, COLON, COMMA = b'":,'
BRACE, BRACKET = b"{["
BLANKS = b" \t\r"

TOKEN = rb'"[^"]*"?|[][{}:,]'
NESTED = rb'"[^"]*"?|[][{}]'


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


def shortened(line: bytes) -> bytes:
    """Return the beginning of a JSON line without what is not read of it.

    The rest of the line may follow it, even if the beginning ends inside a text or an escape.
    """
    import re  # noqa: PLC0415 - few lines are that long

    line = line.lstrip(b"\0 ")  # what a crash left before it
    escape = b"\\" * ((len(line) - len(line.rstrip(b"\\"))) % 2)
    body = line.removesuffix(escape)
    # Of the quotes only those around texts remain, each in its place.
    masked = body.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    find = re.compile(TOKEN).search
    result: list[bytes] = []
    open_arrays: list[bool] = []  # whether each open object or array that is read is an array
    start = position = 0
    text = key = b""
    while token := find(masked, position):
        position = token.end()
        kind = masked[token.start()]
        if kind == QUOTE:
            text = token[0].strip(b'"') if len(token[0]) <= MAX_KEY else b""
            if len(token[0]) > TEXT_BYTES:
                head = body[token.start() : token.start() + TEXT_BYTES]
                result.append(body[start : token.start()] + head[: _safe_end(head)])
                start = position - _is_whole(token)
        elif kind in {COLON, COMMA}:
            key = text if kind == COLON else b""
        elif kind in {BRACE, BRACKET}:
            is_outermost = not open_arrays and kind == BRACE
            if is_outermost or key in READ or (open_arrays and open_arrays[-1] and kind == BRACE):
                open_arrays.append(kind == BRACKET)
                key = b""
                continue
            result.append(body[start : token.start()])
            opened, last = _nested(re.compile(NESTED), masked, token.start())
            if len(opened) > MAX_DEPTH:
                return line
            if opened:
                return b"".join([*result, _beginning(opened, masked, last), escape])
            result.append(body[token.start() : position])
            start, position = last.end() - 1, last.end()
        elif open_arrays:
            open_arrays.pop()
    return b"".join([*result, body[start:], escape])


def _nested(pattern: Pattern[bytes], masked: bytes, start: int) -> tuple[list[int], Match[bytes]]:
    """Return what is open at the end of what begins at `start`, and the last token of it."""
    opened: list[int] = []
    for token in pattern.finditer(masked, start):
        kind = masked[token.start()]
        if kind == QUOTE:
            continue
        if kind in {BRACE, BRACKET}:
            opened.append(kind)
            continue
        opened.pop()
        if not opened:
            break
    return opened, token


def _beginning(opened: list[int], masked: bytes, last: Match[bytes]) -> bytes:
    """Return a short text after which the rest of the line may follow as after `masked`.

    `opened` are the objects and arrays that are open at its end, and `last` its last token but for
    colons and commas.
    """
    outer = b"".join(b'{"":' if kind == BRACE else b"[" for kind in opened[:-1])
    is_object = opened[-1] == BRACE
    value = b'{"":' if is_object else b"["
    before = masked[: last.start()].rstrip(BLANKS)[-1:]
    is_key = is_object and before in {b"{", b","}
    kind = masked[last.start()]
    if kind == QUOTE and not _is_whole(last):
        return outer + (b'{"' if is_key else value + b'"')
    tail = masked[last.end() :].strip(BLANKS)
    if tail[-1:] in {b",", b":"}:
        return outer + (value if tail[-1:] == b":" else value + b"0,")
    if tail:
        literal = tail[max(tail.rfind(b","), tail.rfind(b":")) + 1 :].strip(BLANKS)
        return outer + value + (literal if len(literal) <= MAX_LITERAL else b"1")
    if kind in {BRACE, BRACKET}:
        return outer + (b"{" if is_object else b"[")
    return outer + (b'{""' if kind == QUOTE and is_key else value + b"0")


def _is_whole(text: Match[bytes]) -> bool:
    """Return whether the text has its second quote."""
    return len(text[0]) > 1 and text[0].endswith(b'"')


def _safe_end(head: bytes) -> int:
    """Return the last place in the head of a text at which it can end outside an escape."""
    escape = head.find(b"\\", len(head) - EDGE_BYTES)
    if escape < 0:
        return len(head)
    before = head[:escape]
    return escape - (len(before) - len(before.rstrip(b"\\"))) % 2
