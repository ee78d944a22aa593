"""The types of values in config.toml: what each allows, in words, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from usageline.config.problem import suggestion, value_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.config.problem import Path


MAX_COMMAND_BYTES = (128 << 10) - 1
"""Linux limits one argument of a process to 128 KiB, including its final NUL."""


SECRET_PREFIX = "sk-ant-"  # noqa: S105 - the beginning of each key of the service


class InvalidValue(Exception):
    """A value is not allowed; the message names what is.

    `within` is the path of the mistake in the value, and `value` what stands there. `messages` has
    several messages if the value names a file with several mistakes.
    """

    def __init__(
        self, allowed: str, value: object, within: Path = (), candidates: Sequence[str] = ()
    ) -> None:
        verb = "are" if allowed.partition(" ")[0].endswith("s") else "is"
        super().__init__(
            f"{allowed} {verb} allowed, not {value_text(value)}{suggestion(value, candidates)}"
        )
        self.within, self.value = within, value
        self.messages = [str(self)]


class ValueType(Protocol):
    """A type of value."""

    @property
    def allowed(self) -> str:
        """What is allowed, in words that go before "is allowed"."""

    def read(self, value: object) -> Any:
        """Return the value as the program uses it. Raise InvalidValue if it is not allowed."""


class Key(NamedTuple):
    """A key. If `default` is None, `doc` describes what happens without the key."""

    name: str
    type: ValueType
    default: Any
    doc: str


class Flag:
    """A boolean."""

    allowed = "true or false"

    def read(self, value: object) -> bool:
        """Return it as it is."""
        if not isinstance(value, bool):
            raise InvalidValue(self.allowed, value)
        return value


class Number:
    """A number in a range; `unit` is what it counts."""

    def __init__(self, minimum: float, maximum: float, unit: str = "a number") -> None:
        self.minimum, self.maximum = minimum, maximum
        self.allowed = f"{unit} from {minimum:g} to {maximum:g}"

    def read(self, value: object) -> float:
        """Return it as it is; `true` is not a number."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not self.minimum <= value <= self.maximum
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Integer(Number):
    """A whole number in a range."""

    def __init__(self, minimum: int, maximum: int, unit: str = "a whole number") -> None:
        super().__init__(minimum, maximum, unit)

    def read(self, value: object) -> int:
        """Return it as it is; 5.0 is not an integer."""
        if isinstance(value, float):
            raise InvalidValue(self.allowed, value)
        return int(super().read(value))


class Choice:
    """One of some words, in any case; `colour` is read as `color`."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.allowed = f"one of {', '.join(words)}"

    def read(self, value: object) -> str:
        """Return the word."""
        # 256 may be written as the number it is.
        word = (
            str(value)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000
            else value
        )
        word = word.lower().replace("colour", "color") if isinstance(word, str) else ""
        if word not in self.words:
            raise InvalidValue(self.allowed, value, candidates=self.words)
        return word


class Text:
    """Text of a bounded length."""

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length
        self.allowed = f"text of at most {max_length} characters"

    def read(self, value: object) -> str:
        """Return it as it is."""
        # Neither a command line nor an environment can hold a NUL.
        if (
            not isinstance(value, str)
            or len(value) > self.max_length
            or "\0" in value
            or not _is_unicode(value)
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Command:
    """A shell command, of one line or several."""

    allowed = f"a shell command of at most {MAX_COMMAND_BYTES} bytes"

    def read(self, value: object) -> str:
        """Return it as it is."""
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
        """Return it as it is."""
        if (
            not isinstance(value, str)
            or not (value[:1] == "/" or value[1:2] == ":")
            or "\0" in value
            or len(value) > 4096
        ):
            raise InvalidValue(self.allowed, value)
        return value


class Directory(AbsolutePath):
    """A path from the root, or from the home directory with `~/`."""

    allowed = "an absolute path or one below ~/"

    def read(self, value: object) -> str:
        """Return it as it is."""
        if isinstance(value, str) and (value == "~" or value.startswith("~/")):
            super().read("/" + value)
            return value
        try:
            return super().read(value)
        except InvalidValue:
            raise InvalidValue(self.allowed, value) from None


class ListOf:
    """A list of items of one type. Duplicates are dropped unless they may be `repeated`."""

    def __init__(
        self,
        item: ValueType,
        allowed: str,
        max_items: int,
        min_items: int = 0,
        *,
        repeated: bool = False,
    ) -> None:
        self.item, self.allowed, self.repeated = item, allowed, repeated
        self.max_items, self.min_items = max_items, min_items

    def read(self, value: object) -> list[Any]:
        """Return the items."""
        if not isinstance(value, list) or not self.min_items <= len(value) <= self.max_items:
            raise InvalidValue(self.allowed, value)
        items: list[Any] = []
        for index, item in enumerate(value):
            try:
                read = self.item.read(item)
            except InvalidValue as invalid:
                if isinstance(self.item, ListOf):
                    invalid.within = (index, *invalid.within)
                    raise
                raise InvalidValue(
                    self.allowed, item, (index,), getattr(self.item, "words", ())
                ) from None
            if self.repeated or read not in items:
                items.append(read)
        return items


def _is_unicode(text: str) -> bool:
    """Return whether UTF-8 can encode it.

    Python decodes other bytes in a command's arguments to lone surrogates.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def some_of(*words: str) -> ListOf:
    """Return the type of a list of some of these words."""
    return ListOf(Choice(*words), f"a list of {', '.join(words)}", 4 * len(words))
