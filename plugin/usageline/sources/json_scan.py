"""Read a few top-level keys of a JSON object of any length, in bounded time and memory.

`json` builds every value of a file first: 60 MB of nested lists take 16 seconds and 1.6 GB. This
module reads the file in chunks. C functions count its quotes and brackets, and only the values of
the requested keys are parsed.
"""

from __future__ import annotations

import json
import math
import os
import re
from typing import Any

CHUNK_BYTES = 1 << 20
MAX_VALUE_BYTES = 1 << 20
"""Limit of one value; a longer one counts as absent."""

MAX_QUOTES = 6_000_000
MAX_CANDIDATES = 20_000
"""Limit of possible keys. A file with more of either is not the client's, and is slow to scan."""

MAX_INTEGER_DIGITS = 400
"""Parsing a longer integer takes a time that grows with its square."""

_CONTENT = bytes(set(range(256)) - set(b'"{}[]'))
_COLON = re.compile(r"\s*:\s*")


class TooIntricate(ValueError):
    """The file has more strings or keys than any client writes."""


def parse_integer(digits: str) -> float:
    """Return the integer, infinity if it has too many digits."""
    return (
        int(digits)
        if len(digits) <= MAX_INTEGER_DIGITS
        else math.copysign(math.inf, -1 if digits[0] == "-" else 1)
    )


_DECODER = json.JSONDecoder(parse_int=parse_integer)


def top_level(fd: int, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return those of `keys` at the top level of the object in the file `fd`.

    Of duplicate keys return the last, as `json` does. Check only that the text is a complete
    object. Raise ValueError if it is not, TooIntricate beyond the limits, and OSError if it cannot
    be read.
    """
    scan = _Scan()
    names = [b'"' + key.encode("ascii") + b'"' for key in keys]
    longest = max(map(len, names))
    values: dict[str, Any] = {}
    offset, carry, last, candidates = 0, b"", b"", 0
    while True:
        chunk = os.read(fd, CHUNK_BYTES)
        data = carry + chunk
        if not offset:
            data = _object_start(data)
        last = data.rstrip()[-1:] or last
        ends_at = offset + len(chunk)
        # A key that this chunk cuts off is handled with the next one.
        complete = len(data) - longest if chunk else len(data)
        begin = 0
        for at, name in sorted(_places(data, names)):
            if at >= complete:
                break
            candidates += 1
            if candidates > MAX_CANDIDATES:
                raise TooIntricate("more keys than any client writes")
            scan.advance(data[begin:at])
            begin = at
            if scan.depth == 1 and not scan.in_string:
                _take(fd, ends_at - len(data) + at + len(name), name[1:-1].decode("ascii"), values)
        if begin < complete:
            scan.advance(data[begin:complete])
            begin = complete
        carry, offset = data[begin:], ends_at
        if not chunk:
            break
    if scan.depth or scan.in_string or last != b"}":
        raise ValueError("not a JSON object")
    return values


class _Scan:
    """The nesting depth at a position of the text, and whether that is in a string."""

    __slots__ = ("depth", "escaped", "in_string", "quotes")

    def __init__(self) -> None:
        self.depth = 0
        self.in_string = False
        self.escaped = False
        self.quotes = 0

    def advance(self, text: bytes) -> None:
        """Advance past `text`."""
        if self.escaped and text:
            text, self.escaped = text[1:], False
        if text.endswith(b"\\"):
            self.escaped = (len(text) - len(text.rstrip(b"\\"))) % 2 == 1
        marks = (
            text.translate(None, _CONTENT)
            if b"\\" not in text
            else _without_escapes(text).translate(None, _CONTENT)
        )
        quotes = marks.count(b'"')
        self.quotes += quotes
        if self.quotes > MAX_QUOTES:
            raise TooIntricate("more strings than any client writes")
        if quotes:
            # Text between an odd quote and the next is in a string, not structure.
            marks = b"".join(marks.split(b'"')[1 if self.in_string else 0 :: 2])
            self.in_string ^= quotes % 2 == 1
        elif self.in_string:
            return
        self.depth += marks.count(b"{") + marks.count(b"[") - marks.count(b"}") - marks.count(b"]")


def _without_escapes(text: bytes) -> bytes:
    return text.replace(b"\\\\", b"").replace(b'\\"', b"")


def _places(data: bytes, names: list[bytes]) -> list[tuple[int, bytes]]:
    places = []
    for name in names:
        at = data.find(name)
        while at >= 0:
            places.append((at, name))
            if len(places) > MAX_CANDIDATES:
                raise TooIntricate("more keys than any client writes")
            at = data.find(name, at + len(name))
    return places


def _take(fd: int, after: int, key: str, values: dict[str, Any]) -> None:
    """Add the value of the key that ends at `after` to `values`. Do nothing if it is not a key."""
    text = os.pread(fd, MAX_VALUE_BYTES, after).decode("utf-8", "replace")
    colon = _COLON.match(text)
    if colon is None:
        return
    values.pop(key, None)
    try:
        values[key] = _DECODER.raw_decode(text, colon.end())[0]
    except (ValueError, RecursionError):
        return


def _object_start(data: bytes) -> bytes:
    """Return `data` from its first brace on. Raise ValueError if it begins with anything else."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] != b"{":
        raise ValueError("not a JSON object")
    return start
