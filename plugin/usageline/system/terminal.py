"""What people are told, fit for a terminal."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys

from usageline.core.text import sanitize

ASCII = "ascii"


def sanitize_lines(text: str) -> str:
    """Text of one or more lines without anything that a terminal could act on: an argument, a command or a file's name in it may hold that."""
    return "\n".join(map(sanitize, text.split("\n")))


def locale_encoding() -> str:
    """Return the encoding of the user's locale; UTF-8 for the C locale, as Python has it.

    Python itself runs in its UTF-8 mode here, in which paths are what they are on disk.
    """
    try:
        from locale import CODESET, nl_langinfo  # noqa: PLC0415 - Windows has none

        encoding = codecs.lookup(nl_langinfo(CODESET)).name
    except (ImportError, LookupError, ValueError):
        return "utf-8"
    return "utf-8" if encoding == ASCII else encoding


def adapt_output() -> None:
    """Let stdout and stderr write in the locale's encoding, `?` for what that lacks."""
    encoding = locale_encoding()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # a stream may be closed
            stream.reconfigure(encoding=encoding, errors="replace")  # type: ignore[union-attr]


def decode_argument(text: str) -> str:
    """Return an argument as the user typed it, if the locale is not UTF-8."""
    if text.isascii():
        return text
    try:
        return os.fsencode(text).decode(locale_encoding())
    except (UnicodeError, LookupError):
        return text
