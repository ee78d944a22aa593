"""Make text from outside safe for a terminal, and measure it in display cells."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

MAX_MARKS = 16
"""Combining marks on one character. No language has as many."""

_WIDTHS: dict[str, int] = {}
"""Cells by text, because fitting a row measures the same texts again and again."""


def sanitize(text: str) -> str:
    """Remove everything that a terminal could act on from `text`.

    That is controls, escapes, bidi overrides, invisible and unassigned characters. More than
    MAX_MARKS combining marks on one character would cover the rows around, so they go, too.
    """
    if text.isprintable() and (text.isascii() or len(text) <= MAX_MARKS):
        return text
    return _limit_marks("".join(char for char in text if char.isprintable()))


def strip_leading_combining(row: str) -> str:
    """Strip combining marks before a painted row's first character.

    A terminal would draw them on the row above.
    """
    first = row.lstrip("\x1b[0123456789;m")[:1]
    if first < "\u0300" and first != "]":  # as nearly every row; a link begins with ESC ]
        return row
    codes, at = "", 0
    while row[at : at + 1] == "\x1b" or _is_mark(row[at : at + 1]):
        end = at + 1
        if row[at] == "\x1b":
            end = row.index("\x1b\\", end) + 2 if row[end] == "]" else row.index("m", end) + 1
            codes += row[at:end]
        at = end
    return codes + row[at:]


def display_width(text: str) -> int:
    """Return the terminal cells of sanitized `text`; the larger number if terminals differ."""
    if text.isascii():
        return len(text)
    if text not in _WIDTHS:
        _WIDTHS[text] = sum(map(_char_width, text))
    return _WIDTHS[text]


def sanitize_ascii(text: str) -> str:
    """Sanitize `text`, and replace what is not ASCII by question marks."""
    return sanitize(text).encode("ascii", "replace").decode("ascii")


def _limit_marks(text: str) -> str:
    if not any(map(_may_be_mark, text)):
        return text
    import unicodedata  # noqa: PLC0415 - only texts from outside need it

    limited, marks = "", 0
    for char in text:
        marks = marks + 1 if char >= "\u0300" and unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            limited += char
    return limited


def _char_width(char: str) -> int:
    point = ord(char)
    # Latin, arrows, mathematical signs, bars and marks are narrow. They need no table.
    if (
        point < 0x300
        or 0x2190 <= point < 0x2300
        or 0x2500 <= point < 0x25FD
        or point in (0x2013, 0x2014, 0x2026, 0x20AC)
    ):
        return 1
    import unicodedata  # noqa: PLC0415 - only names and labels from outside need it

    # Spacing marks take cells, whatever they combine with.
    if unicodedata.combining(char) and unicodedata.category(char) == "Mn":
        return 0
    if point == 0xFE0F:  # the emoji presentation of a narrow character takes two
        return 1
    # Half a flag, which may appear alone. Numbers in squares, on which terminals differ. And what
    # is wide since Unicode 16, which this interpreter's tables may lack.
    is_wide = (
        0x1F1E6 <= point <= 0x1F1FF
        or 0x2630 <= point < 0x2638
        or 0x3248 <= point < 0x3250
        or 0x268A <= point < 0x2690
        or 0x4DC0 <= point < 0x4E00
        or 0x1D300 <= point < 0x1D377
    )
    return 2 if is_wide or unicodedata.east_asian_width(char) in "WF" else 1


def is_web_address(url: object) -> TypeGuard[str]:
    """Return whether `url` is safe in an OSC 8 link: http or https, in printable ASCII."""
    return (
        isinstance(url, str)
        and url.isascii()
        and url.isprintable()
        and " " not in url
        and url.startswith(("https://", "http://"))
        and len(url) < 2000
    )


def _may_be_mark(char: str) -> bool:
    """Return whether a character may be a combining mark. The table that tells it loads slowly.

    Punctuation, arrows, the strokes of bars and the private characters of icon fonts are none.
    """
    return char >= "\u0300" and not (
        "\u2000" <= char < "\u20d0" or "\u2100" <= char < "\u2cef" or "\ue000" <= char < "\uf900"
    )


def _is_mark(char: str) -> bool:
    if not _may_be_mark(char):
        return False
    import unicodedata  # noqa: PLC0415 - only texts from outside need it

    return unicodedata.category(char)[0] == "M"
