"""The kinds of values in config.toml: what each allows, in words, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from usageline.config.problem import suggestion, value_text
from usageline.core.text import display_width, sanitize
from usageline.themes import colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.config.problem import Path


MAX_COMMAND_BYTES = (128 << 10) - 1
"""One argument of a process may have 128 KiB on Linux, a NUL at its end included."""


class InvalidValue(Exception):
    """A value that is not allowed. `within` is where in it the fault lies; the text says what is allowed."""

    def __init__(
        self, allowed: str, value: object, within: Path = (), known: Sequence[str] = ()
    ) -> None:
        verb = "are" if allowed.partition(" ")[0].endswith("s") else "is"
        super().__init__(
            f"{allowed} {verb} allowed, not {value_text(value)}{suggestion(value, known)}"
        )
        self.within = within


class ValueType(Protocol):
    """A kind of value."""

    @property
    def allowed(self) -> str:
        """What is allowed, as words that go before "is allowed"."""

    def read(self, value: object) -> Any:
        """The value as the program has it. Refused where it is not allowed."""


class Flag:
    """true or false."""

    allowed = "true or false"

    def read(self, value: object) -> bool:
        """As it is."""
        if not isinstance(value, bool):
            raise InvalidValue(self.allowed, value)
        return value


class Number:
    """A number in a range. `unit` is what it counts."""

    def __init__(self, least: float, most: float, unit: str = "a number") -> None:
        self.least, self.most = least, most
        self.allowed = f"{unit} from {least:g} to {most:g}"

    def read(self, value: object) -> float:
        """As it is; `true` is no number."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not self.least <= value <= self.most
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Integer(Number):
    """A whole number in a range."""

    def __init__(self, least: int, most: int, unit: str = "a whole number") -> None:
        super().__init__(least, most, unit)

    def read(self, value: object) -> int:
        """As it is; 5.0 is none."""
        if isinstance(value, float):
            raise InvalidValue(self.allowed, value)
        return int(super().read(value))


class Choice:
    """One of some words; case does not matter, nor whether `colour` or `color` is written."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.allowed = f"one of {', '.join(words)}"

    def read(self, value: object) -> str:
        """The word."""
        # 256 may be written as the number it is.
        word = (
            str(value)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000
            else value
        )
        word = word.lower().replace("colour", "color") if isinstance(word, str) else ""
        if word not in self.words:
            raise InvalidValue(self.allowed, value, known=self.words)
        return word


class Text:
    """Text of a bounded length."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.allowed = f"text of at most {most} characters"

    def read(self, value: object) -> str:
        """As it is."""
        # No command line and no environment can hold a NUL.
        if (
            not isinstance(value, str)
            or len(value) > self.most
            or "\0" in value
            or not _is_unicode(value)
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Command:
    """A shell command, of one line or several."""

    allowed = f"a shell command of at most {MAX_COMMAND_BYTES} bytes"

    def read(self, value: object) -> str:
        """As it is."""
        if (
            not isinstance(value, str)
            or "\0" in value
            or not _is_unicode(value)
            or len(value.encode()) > MAX_COMMAND_BYTES
        ):
            raise InvalidValue(self.allowed, value)
        return value


class AbsolutePath:
    """A path from the root."""

    allowed = "an absolute path"

    def read(self, value: object) -> str:
        """As it is."""
        if (
            not isinstance(value, str)
            or not (value[:1] == "/" or value[1:2] == ":")
            or "\0" in value
            or len(value) > 4096
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Cells:
    """Text in which each character takes one cell: what bars are drawn with. `counts` are the numbers of characters allowed."""

    def __init__(self, *counts: int) -> None:
        self.counts = counts
        self.allowed = f"text of {' or '.join(map(str, counts))} characters that each take one cell"
        if counts == (1,):
            self.allowed = "one character that takes one cell"

    def read(self, value: object) -> str:
        """As it is."""
        if (
            not isinstance(value, str)
            or len(value) not in self.counts
            or sanitize(value) != value
            or any(display_width(char) != 1 for char in value)
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Style:
    """A color spec (themes/colors.py), or the name of a style."""

    allowed = "words such as bold, dim, italic, underline, reverse, one color (red, bright-red, 0-255, #rrggbb), and on with another"

    def __init__(self, styles: Sequence[str] = ()) -> None:
        self.styles = styles
        if styles:
            self.allowed = "the name of a style, or " + self.allowed

    def read(self, value: object) -> str:
        """As it is, in lower case; "" for none."""
        if not isinstance(value, str) or len(value) > 80:
            raise InvalidValue(self.allowed, value)
        try:
            if value not in self.styles:
                colors.parse(value)
        except ValueError as error:
            raise InvalidValue(
                self.allowed,
                error.args[0],
                known=(*self.styles, *colors.ATTRIBUTES, *colors.NAMES, "on"),
            ) from None
        return value.lower()


class ListOf:
    """A list, each of whose items is of one kind. What stands in it twice counts once, unless it is `repeated`."""

    def __init__(
        self, item: ValueType, words: str, most: int, least: int = 0, *, repeated: bool = False
    ) -> None:
        self.item, self.most, self.least, self.repeated = item, most, least, repeated
        self.allowed = words

    def read(self, value: object) -> list[Any]:
        """The items."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise InvalidValue(self.allowed, value)
        found: list[Any] = []
        for index, item in enumerate(value):
            try:
                read = self.item.read(item)
            except InvalidValue as refused:
                if isinstance(self.item, ListOf):
                    refused.within = (index, *refused.within)
                    raise
                raise InvalidValue(
                    self.allowed, item, (index,), getattr(self.item, "words", ())
                ) from None
            if self.repeated or read not in found:
                found.append(read)
        return found


def _is_unicode(text: str) -> bool:
    """Whether a file can hold it: an argument of a command can be bytes that are no text, which Python has as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def some_of(*words: str) -> ListOf:
    """A list of some of these words."""
    return ListOf(Choice(*words), f"a list of {', '.join(words)}", 4 * len(words))
