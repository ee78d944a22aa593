"""Replace the characters that a terminal or an encoding lacks by similar ones of ASCII."""

from __future__ import annotations

import codecs
import unicodedata
from functools import cache

from usageline.core.text import display_width

HANDLER = "usageline.lookalikes"
"""The name of the error handler for `errors=`, once `register` has run."""

CODEC = "usageline-ascii"
"""The name of ASCII for streams. To a stream named `ascii`, click writes UTF-8."""

BRAILLE, BRAILLE_END = 0x2800, 0x2900
DENSITY = " ..::*##@"
"""A braille cell by its number of dots, as in a chart."""

LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("│┃║▏╎┆┊╵╷├┤┝┥▕", "|"),
        **dict.fromkeys("┼┿╋└┘┌┐╰╯╭╮", "+"),
        **dict.fromkeys("█▉▊▋▌▐▓▇▆■━", "#"),
        **dict.fromkeys("▅▄▃●✦★", "*"),
        **dict.fromkeys("▒◆◇", ":"),
        **dict.fromkeys("▂▁·•┈┄∙", "."),
        **dict.fromkeys("░▍▎○□─╌–−—‐‑", "-"),
        **dict.fromkeys("┬┴▲", "^"),
        **dict.fromkeys("↻→›»▶▸❯", ">"),
        **dict.fromkeys("←‹«", "<"),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        "▼": "v",
        "↑": "^",
        "↓": "v",
        "…": "~",
        "✓": "+",
        "✗": "x",
        "×": "x",
        "≈": "~",
        "€": "E",
        "\xa0": " ",
    }
)
"""Each has the width of what it replaces."""


@cache
def register() -> None:
    """Register the error handler and the codec, once."""
    codecs.register_error(HANDLER, _replace)
    codecs.register(lambda name: _CODEC if name == CODEC.replace("-", "_") else None)


_CODEC = codecs.CodecInfo(
    name=CODEC,
    encode=codecs.lookup("ascii").encode,
    decode=codecs.lookup("utf-8").decode,
    incrementalencoder=codecs.lookup("ascii").incrementalencoder,
    incrementaldecoder=codecs.lookup("utf-8").incrementaldecoder,
)


def as_ascii(text: str) -> str:
    """Return text in ASCII of the same width."""
    return text if text.isascii() else "".join(map(_like, text))


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return as_ascii(error.object[error.start : error.end]), error.end


def _like(char: str) -> str:
    point = ord(char)
    if BRAILLE <= point < BRAILLE_END:
        return DENSITY[(point - BRAILLE).bit_count()]
    like = char.translate(LOOKALIKES)
    if like.isascii():
        return like
    if not char.isprintable():  # such as half of a surrogate pair
        return "?"
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() else "?" * display_width(char)
