"""Shorten the long texts of a long line, whose beginnings are all that is read of them."""

from __future__ import annotations

from usageline.sources.transcripts.facts import MAX_TEXT

HEAD_BYTES = 12 * MAX_TEXT
"""MAX_TEXT characters, even if each is written as two escapes."""

EDGE_BYTES = 16
"""A longer one than any escape."""

MAX_QUOTES = 100_000
"""A line of short texts alone does not get shorter."""


def shortened(line: bytes) -> bytes:
    """Return the beginning of a JSON line without the insides of its long texts.

    The rest of the line may follow it, even if it ends inside a text or an escape.
    """
    line = line.lstrip(b"\0 ")  # what a crash left before it
    body = line.rstrip(b"\\")
    # Of the quotes only those around texts remain, each in its place.
    masked = body.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    if masked.count(b'"') > MAX_QUOTES:
        return line
    result = []
    start = position = 0
    for number, segment in enumerate(masked.split(b'"')):
        end = position + len(segment)
        if number % 2 and len(segment) > HEAD_BYTES:
            head = line[position : position + HEAD_BYTES]
            result.append(line[start:position] + head[: _safe_end(head)])
            start = end
        position = end + 1
    result.append(line[start:])
    return b"".join(result)


def _safe_end(head: bytes) -> int:
    """Return the last place in the head of a text at which it can end outside an escape."""
    escape = head.find(b"\\", len(head) - EDGE_BYTES)
    if escape < 0:
        return len(head)
    before = head[:escape]
    return escape - (len(before) - len(before.rstrip(b"\\"))) % 2
