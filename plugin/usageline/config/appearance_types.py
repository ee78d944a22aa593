"""The types of values for the line's appearance: glyphs, colors and styles."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from usageline.config.types import InvalidValue, ValueType, number_as_text
from usageline.core.text import display_width, sanitize
from usageline.themes import colors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Cells(ValueType):
    """Text for bars, in which each character is one cell wide.

    `counts` are the allowed numbers of characters.
    """

    def __init__(self, *counts: int) -> None:
        self.counts = counts
        self.allowed = f"text of {' or '.join(map(str, counts))} characters that each take one cell"
        if counts == (1,):
            self.allowed = "one character that takes one cell"

    def _allows(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and len(value) in self.counts
            and sanitize(value) == value
            and all(display_width(char) == 1 for char in value)
        )


BAR_TYPES = {
    "full": Cells(1),
    "parts": Cells(0, 8),
    "empty": Cells(1),
    "mark": Cells(1),
}
"""The types of the glyphs of bars."""


class Glyphs(ValueType):
    """Text of a theme: visible characters up to a width, also those of icon fonts."""

    def __init__(self, max_cells: int) -> None:
        self.max_cells = max_cells
        self.allowed = f"text of visible characters, at most {max_cells} cells wide,"

    def _allows(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and len(value) <= self.max_cells
            and all(map(_is_visible, value))
            and display_width(value) <= self.max_cells
        )


class Color(ValueType):
    """One color."""

    allowed = "one color (red, bright-red, 0-255, #rrggbb)"

    def read(self, value: object) -> str:
        """Return it in lower case."""
        word = number_as_text(value)
        if not isinstance(word, str) or len(word.split()) != 1 or len(word) > 80:
            raise InvalidValue(self.allowed, value)
        try:
            spec = colors.parse(word)
        except ValueError:
            raise InvalidValue(self.allowed, value, candidates=tuple(colors.NAMES)) from None
        if spec.text is None:
            raise InvalidValue(self.allowed, value)
        return word.strip().lower()


class Style(ValueType):
    """A color spec (themes/colors.py), or the name of a style.

    `palette` has more names for colors, which it replaces.
    """

    allowed = (
        "words such as bold, dim, italic, underline, reverse, one color (red, bright-red, 0-255, "
        "#rrggbb), and on with another"
    )

    def __init__(
        self, styles: Sequence[str] = (), palette: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.styles, self.palette = styles, palette
        if styles:
            self.allowed = "the name of a style, or " + self.allowed

    def read(self, value: object) -> str:
        """Return it in lower case."""
        if not isinstance(value, str) or len(value) > 80:
            raise InvalidValue(self.allowed, value)
        words = value.lower().split()
        spec = " ".join(self.palette.get(word, word) for word in words) if self.palette else value
        try:
            if spec not in self.styles:
                colors.parse(spec)
        except ValueError as error:
            raise InvalidValue(
                self.allowed,
                error.args[0],
                candidates=(*self.styles, *self.palette, *colors.WORDS),
            ) from None
        return spec.lower()


def _is_visible(char: str) -> bool:
    """Return whether a character takes one or two cells, and is nothing that a terminal acts on."""
    is_private = 0xE000 <= ord(char) <= 0xF8FF
    return (is_private or char.isprintable()) and display_width(char) > 0
