"""Make text from outside safe for a terminal, and measure it in display cells."""

MAX_MARKS = 16
"""Combining marks on one character; no language has as many."""


_MEASURED: dict[str, int] = {}
"""Cells by text: fitting a row measures the same texts again and again."""


def sanitize(text):
    """`text` without anything a terminal could act on: controls, escapes, bidi overrides, invisible and unassigned characters.

    Nor does it have so many combining marks on one character that they would be drawn over the rows around.
    """
    if text.isprintable() and (text.isascii() or len(text) <= MAX_MARKS):
        return text
    return _without_floods("".join(char for char in text if char.isprintable()))


def strip_leading_combining(row):
    """Return a painted row without combining marks before its first character: a terminal would draw them on the row above."""
    first = row.lstrip("\x1b[0123456789;m")[:1]
    if first < "\u0300" and first != "]":  # as nearly every row; a link begins with ESC ]
        return row
    kept, at = "", 0
    while row[at : at + 1] == "\x1b" or _is_mark(row[at : at + 1]):
        end = at + 1
        if row[at] == "\x1b":
            end = row.index("\x1b\\", end) + 2 if row[end] == "]" else row.index("m", end) + 1
            kept += row[at:end]
        at = end
    return kept + row[at:]


def display_width(text):
    """The terminal cells that cleaned `text` takes; where terminals differ, the larger number."""
    if text.isascii():
        return len(text)
    if text not in _MEASURED:
        _MEASURED[text] = sum(map(_char_cells, text))
    return _MEASURED[text]


def _ascii(text):
    return sanitize(text).encode("ascii", "replace").decode("ascii")


def _without_floods(text):
    if max(text, default="") < "\u0300":
        return text
    import unicodedata  # noqa: PLC0415 - only longer texts from outside need it

    kept, marks = "", 0
    for char in text:
        marks = marks + 1 if char >= "\u0300" and unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            kept += char
    return kept


def _char_cells(char):
    point = ord(char)
    # Latin, arrows, mathematical signs, what bars and marks are drawn with: known narrow without loading the tables.
    if (
        point < 0x300
        or 0x2190 <= point < 0x2300
        or 0x2500 <= point < 0x25FD
        or point in (0x2013, 0x2014, 0x2026, 0x20AC)
    ):
        return 1
    import unicodedata  # noqa: PLC0415 - only names and labels from outside need it

    if (
        unicodedata.combining(char) and unicodedata.category(char) == "Mn"
    ):  # spacing marks take cells, whatever they combine with
        return 0
    if point == 0xFE0F:  # the emoji presentation of a narrow character takes two
        return 1
    # Half a flag, which may be drawn alone; numbers in squares, on which terminals differ; and what is wide since Unicode 16, which this
    # interpreter's tables may not know.
    is_wide = (
        0x1F1E6 <= point <= 0x1F1FF
        or 0x2630 <= point < 0x2638
        or 0x3248 <= point < 0x3250
        or 0x268A <= point < 0x2690
        or 0x4DC0 <= point < 0x4E00
        or 0x1D300 <= point < 0x1D377
    )
    return 2 if is_wide or unicodedata.east_asian_width(char) in "WF" else 1


def is_web_address(url):
    """Whether `url` may stand in an OSC 8 link: http or https, and nothing in it that a terminal could act on."""
    plain = isinstance(url, str) and url.isascii() and url.isprintable() and " " not in url
    return plain and url.startswith(("https://", "http://")) and len(url) < 2000


def _is_mark(char):
    # Neither arrows and the strokes that bars are made of nor the private characters of icon fonts are marks.
    if char < "\u0300" or "\u2190" <= char < "\u2e80" or "\ue000" <= char < "\uf900":
        return False
    import unicodedata  # noqa: PLC0415 - only texts from outside need it

    return unicodedata.category(char)[0] == "M"
