"""Read Claude Code's own files as it does, with size limits, and never wait for a FIFO or a device.

`json` builds every value of a file first: 60 MB of nested lists take 16 seconds and 1.6 GB. So a
long file is read in chunks. C functions count its quotes and brackets, and only the values of the
requested keys are parsed.
"""

from __future__ import annotations

import codecs
import json
import math
import os
import re
import sys
from typing import Any

from usageline.system.files import open_regular, read_regular

MANAGED = (
    "/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code"
)
"""The directory of an organization's settings, whose `env` Claude Code applies, too."""

MAX_SETTINGS_BYTES = 2 << 20
"""The client ignores a longer settings.json (seen in 2.1.330)."""

WHOLE_BYTES = 1 << 20
"""Up to this size a file is parsed whole; of a longer one only the requested keys."""

CHUNK_BYTES = 1 << 20
MAX_VALUE_BYTES = 1 << 20
"""Limit of one value; a longer one counts as absent."""

MAX_QUOTES = 6_000_000
MAX_CANDIDATES = 20_000
"""Limit of possible keys. A file with more of either is not the client's, and is slow to scan."""

MAX_VALUES = 20
"""Limit of values at the top level that are parsed, each up to MAX_VALUE_BYTES."""

MAX_INTEGER_DIGITS = 400
"""Parsing a longer integer takes a time that grows with its square."""

_CONTENT = bytes(set(range(256)) - set(b'"{}[]'))
_COLON = re.compile(r"\s*:\s*")

UTF_16, UTF_8 = "utf-16-le", "utf-8"


def modified_at(path: str) -> float | None:
    """Return when the file at `path` was written, in epoch seconds, None if there is none."""
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return None


def read_bytes(path: str, max_bytes: int) -> bytes | None:
    """Return the content of the regular file at `path`, None if unreadable or over `max_bytes`."""
    try:
        content = read_regular(path, max_bytes + 1)
    except (OSError, ValueError):
        return None
    return content if len(content) <= max_bytes else None


def read_keys(path: str, keys: tuple[str, ...], max_bytes: int) -> dict[str, Any]:
    """Return those of `keys` at the top level of the JSON object in the file at `path`.

    Time and memory are bounded. Decode the file as the client does. Raise OSError if the file is
    missing or unreadable. Raise ValueError with the reason if it is longer than `max_bytes` or
    not a JSON object.
    """
    with open_regular(path) as fd:
        size = os.fstat(fd).st_size
        if size > max_bytes:
            raise ValueError(f"it has {size >> 20} MiB, more than {max_bytes >> 20}")
        if size > WHOLE_BYTES:
            return top_level(fd, keys)
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(WHOLE_BYTES + 1)
    value = parse_object(decode_lossy(content))
    if value is None:
        raise ValueError("it is not the JSON that Claude Code writes")
    return {key: value[key] for key in keys if key in value}


def find_keys(path: str, keys: tuple[str, ...], max_bytes: int) -> dict[str, Any] | None:
    """Return the same keys, None if the file is missing or cannot be used."""
    try:
        return read_keys(path, keys, max_bytes)
    except (OSError, ValueError):
        return None


def parse_object(content: bytes | str | None) -> dict[str, Any] | None:
    """Return the JSON object in `content`, None if it is anything else."""
    if content is None:
        return None
    try:
        value = json.loads(content, parse_int=parse_integer)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class TooIntricate(ValueError):
    """The file has more strings or keys than any client writes."""


def parse_integer(digits: str) -> float:
    """Return the integer, infinity if it has too many digits."""
    if len(digits) <= MAX_INTEGER_DIGITS:
        return int(digits)
    return -math.inf if digits[0] == "-" else math.inf


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
            if scan.is_at_top_level():
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

    __slots__ = ("depth", "escaped", "in_string", "quotes", "values")

    def __init__(self) -> None:
        self.depth = 0
        self.in_string = False
        self.escaped = False
        self.quotes = 0
        self.values = 0

    def is_at_top_level(self) -> bool:
        """Return whether a key of the object may begin here. Count those that do."""
        is_at_top = self.depth == 1 and not self.in_string
        self.values += is_at_top
        if self.values > MAX_VALUES:
            raise TooIntricate("one key more often than any client writes")
        return is_at_top

    def advance(self, text: bytes) -> None:
        """Advance past `text`."""
        if self.escaped and text:
            text, self.escaped = text[1:], False
        if text.endswith(b"\\"):
            self.escaped = (len(text) - len(text.rstrip(b"\\"))) % 2 == 1
        if b"\\" in text:
            text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
        marks = text.translate(None, _CONTENT)
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


def decode(data: bytes) -> str:
    """Return the text that the client reads in `data`, without a byte order mark (seen in 2.1.330).

    A file with the mark of UTF-16 LE is UTF-16, every other file is UTF-8. Invalid bytes, as in
    Latin-1, become lone surrogates: `encode` restores them, and the client replaces each. The
    client reads no JSON in UTF-16 BE or in UTF-16 without a mark.
    """
    mark, encoding, errors = _encoding(data)
    return data[len(mark) :].decode(encoding, errors)


def decode_lossy(data: bytes) -> str:
    """Return that text with a replacement character for each invalid byte, as in the client."""
    return decode(data).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode(text: str, like: bytes) -> bytes:
    """Return `text` in the encoding of `like`, with its byte order mark."""
    mark, encoding, errors = _encoding(like)
    return mark + text.encode(encoding, errors)


def encoding_error(data: bytes) -> str:
    """Return why the client cannot read the encoding of `data`, "" if it can."""
    marked = data.startswith(codecs.BOM_UTF16_LE) and not data.startswith(codecs.BOM_UTF32_LE)
    if not marked and (data.startswith(codecs.BOM_UTF16_BE) or b"\0" in data[:4]):
        return "Claude Code does not read its encoding: save it as UTF-8"
    return "" if round_trips(data) else "it is not complete UTF-16"


def round_trips(data: bytes) -> bool:
    """Return whether decoding and encoding restores each byte of `data`."""
    try:
        return encode(decode(data), data) == data
    except UnicodeError:
        return False


def _encoding(data: bytes) -> tuple[bytes, str, str]:
    if data.startswith(codecs.BOM_UTF16_LE):
        return codecs.BOM_UTF16_LE, UTF_16, "surrogatepass"
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    return mark, UTF_8, "surrogateescape"
