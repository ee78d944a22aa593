"""Shorten a long line to what is read of it, while the rest of it is still to come."""

from __future__ import annotations

from usageline.sources.transcripts.facts import MAX_TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match, Pattern

EDGE_BYTES = 16
"""A longer one than any escape."""

HEAD_BYTES = 12 * MAX_TEXT + 2 * EDGE_BYTES
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
            if len(token[0]) > HEAD_BYTES:
                head = body[token.start() : token.start() + HEAD_BYTES]
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
