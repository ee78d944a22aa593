"""Convert text from and for the terminal."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys

from usageline.core.text import sanitize

ASCII = "ascii"


def sanitize_lines(text: str) -> str:
    """Sanitize each line of `text`. An argument or a file name may contain control sequences."""
    return "\n".join(map(sanitize, text.split("\n")))


def locale_encoding() -> str:
    """Return the encoding of the user's locale, UTF-8 for the C locale as in Python.

    Python itself runs in UTF-8 mode here, which keeps paths as they are on disk.
    """
    try:
        from locale import CODESET, nl_langinfo  # noqa: PLC0415 - Windows has none

        encoding = codecs.lookup(nl_langinfo(CODESET)).name
    except (ImportError, LookupError, ValueError):
        return "utf-8"
    return "utf-8" if encoding == ASCII else encoding


def adapt_output() -> None:
    """Make stdout and stderr write in the locale's encoding, with `?` for characters it lacks."""
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
