"""Draw the line and the picker's own glyphs for what the terminal can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from usageline.cli.config import preview
from usageline.system.lookalikes import as_ascii
from usageline.system.terminal import output_encoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.validate import Values

ASCII_TERMS = frozenset({"linux", "vt100", "vt102", "vt220", "ansi", "cons25"})


class Glyphs(NamedTuple):
    """The picker's own glyphs."""

    cursor: str
    in_use: str
    rule: str
    up_down: str
    left_right: str
    before: str
    after: str
    dot: str
    border: str


UNICODE = Glyphs("▌", "●", "─", "↑↓", "←→", "‹", "›", "·", "round")
ASCII = Glyphs(">", "*", "-", "^v", "< >", "<", ">", "-", "ascii")


def has_unicode(env: Mapping[str, str]) -> bool:
    """Return whether locale and TERM say that the terminal shows more than ASCII."""
    return output_encoding(env) == "utf-8" and env.get("TERM") not in ASCII_TERMS


class Drawing:
    """Draw the line with the user's numbers, or the sample's, and the picker's own texts."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.is_unicode = has_unicode(env)
        self.glyphs = UNICODE if self.is_unicode else ASCII
        self.own: dict[str, Any] | None = preview.own_numbers(env)
        self.numbers = self.own

    def line(self, values: Values, columns: int, *, sample: bool = False) -> list[Text]:
        """Return the rows of the line on a terminal of `columns`."""
        rows = preview.rows(values, self.env, columns, None if sample else self.numbers)
        return [self.displayable(Text.from_ansi(row)) for row in rows]

    def displayable(self, text: Text) -> Text:
        """Return the text in characters that the terminal shows, each as wide as before."""
        if not self.is_unicode:
            text.plain = as_ascii(text.plain)
        return text
