"""Decode and encode the text of Claude Code's own files as the client does."""

from __future__ import annotations

import codecs

UTF_16, UTF_8 = "utf-16-le", "utf-8"


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
