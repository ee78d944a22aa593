"""Text of Claude Code's own files, decoded and encoded as the client does."""

from __future__ import annotations

import codecs

UTF_16, UTF_8 = "utf-16-le", "utf-8"


def decode(data: bytes) -> str:
    """Return the text that the client reads in `data` (seen in 2.1.330), without a byte order mark.

    A file that begins with the mark of UTF-16 LE is UTF-16, every other one is UTF-8. Bytes that are
    none, as in a file in Latin-1, are lone surrogates here: `encoded` gives them back, and the client
    replaces each. UTF-16 BE and UTF-16 without a mark are no JSON to the client.
    """
    mark, encoding, errors = _encoding(data)
    return data[len(mark) :].decode(encoding, errors)


def decode_lossy(data: bytes) -> str:
    """Return that text with a replacement character for each byte that is no UTF-8, as the client has it."""
    return decode(data).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode(text: str, like: bytes) -> bytes:
    """Return `text` in the encoding of `like`, with its byte order mark."""
    mark, encoding, errors = _encoding(like)
    return mark + text.encode(encoding, errors)


def encoding_error(data: bytes) -> str:
    """Return why the client can read nothing in `data`, "" if its encoding is one that it reads."""
    marked = data.startswith(codecs.BOM_UTF16_LE) and not data.startswith(codecs.BOM_UTF32_LE)
    if not marked and (data.startswith(codecs.BOM_UTF16_BE) or b"\0" in data[:4]):
        return "it is in an encoding that Claude Code does not read: save it as UTF-8"
    return "" if round_trips(data) else "it is not whole UTF-16"


def round_trips(data: bytes) -> bool:
    """Return whether decoding and encoding gives every byte of `data` back."""
    try:
        return encode(decode(data), data) == data
    except UnicodeError:
        return False


def _encoding(data: bytes) -> tuple[bytes, str, str]:
    if data.startswith(codecs.BOM_UTF16_LE):
        return codecs.BOM_UTF16_LE, UTF_16, "surrogatepass"
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    return mark, UTF_8, "surrogateescape"
