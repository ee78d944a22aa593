"""The types of values in config.toml: what each allows, in words, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from usageline.config.problem import suggestion, value_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.config.problem import Path

MAX_COMMAND_BYTES = (128 << 10) - 1
MAX_VARIABLE_CHARS = 128
"""Linux limits one argument of a process to 128 KiB, including its final NUL."""

MAX_MODELS = 64
MAX_MODEL_NAME = 128
MAX_PRICE = 100_000
REQUIRED = ("input", "output")
RATES = (*REQUIRED, "cache_write_5m", "cache_write_1h", "cache_read")

MAX_ALLOWED = 160
"""Characters of what is allowed beside a suggestion."""


class InvalidValue(Exception):
    """A value is not allowed; the message names what is.

    `within` is the path of the mistake in the value, and `value` what stands there. `messages`
    replaces the message, and has several if the value names a file with several mistakes.
    """

    def __init__(
        self,
        allowed: str,
        value: object,
        within: Path = (),
        candidates: Sequence[str] = (),
        messages: Sequence[str] = (),
    ) -> None:
        verb = "are" if allowed.partition(" ")[0].endswith("s") else "is"
        hint = suggestion(value, candidates)
        if hint and len(allowed) > MAX_ALLOWED:  # the suggestion would be lost behind all words
            message = f"{value_text(value)} is not allowed{hint}"
        else:
            message = f"{allowed} {verb} allowed, not {value_text(value)}{hint}"
        super().__init__(message)
        self.within, self.value = within, value
        self.messages = messages or [message]


class ValueType:
    """A type of value. `allowed` are words that go before "is allowed"."""

    allowed: str

    def read(self, value: object) -> Any:
        """Return the value as the program uses it. Raise InvalidValue if it is not allowed."""
        if not self._allows(value):
            raise InvalidValue(self.allowed, value)
        return value

    def _allows(self, value: object) -> bool:
        raise NotImplementedError


class Key(NamedTuple):
    """A key. If `default` is None, `doc` describes what happens without the key."""

    name: str
    type: ValueType
    default: Any
    doc: str

    @property
    def help(self) -> str:
        """Return what it is for, and what it allows."""
        return self.doc if isinstance(self.type, Flag) else f"{self.doc} ({self.type.allowed})"


def keyed(*keys: Key) -> dict[str, Key]:
    """Return keys by name."""
    return {key.name: key for key in keys}


class Flag(ValueType):
    """A boolean."""

    allowed = "true or false"

    def _allows(self, value: object) -> bool:
        return isinstance(value, bool)


class Number(ValueType):
    """A number in a range; `unit` is what it counts. `true` is not a number."""

    unit = "a number"

    def __init__(self, minimum: float, maximum: float, unit: str = "") -> None:
        self.minimum, self.maximum = minimum, maximum
        self.allowed = f"{unit or self.unit} from {minimum:g} to {maximum:g}"

    def _allows(self, value: object) -> bool:
        return (
            not isinstance(value, bool)
            and isinstance(value, int | float)
            and self.minimum <= value <= self.maximum
        )


class Integer(Number):
    """A whole number in a range; 5.0 is not an integer."""

    unit = "a whole number"

    def _allows(self, value: object) -> bool:
        return isinstance(value, int) and super()._allows(value)


class Choice(ValueType):
    """One of some words, in any case; `colour` is read as `color`."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.allowed = f"one of {', '.join(words)}"

    def read(self, value: object) -> str:
        """Return the word."""
        word = number_as_text(value)
        word = word.lower().replace("colour", "color") if isinstance(word, str) else ""
        if word not in self.words:
            raise InvalidValue(self.allowed, value, candidates=self.words)
        return word


class Text(ValueType):
    """Text of a bounded length."""

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length
        self.allowed = f"text of at most {max_length} characters"

    def _allows(self, value: object) -> bool:
        return _is_text(value) and len(value) <= self.max_length


class VariableName(ValueType):
    """The name of an environment variable, or the start of names and `*`."""

    allowed = "the name of a variable, or the start of one and *"

    def _allows(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and len(value) <= MAX_VARIABLE_CHARS
            and value.isascii()
            and value.removesuffix("*").isidentifier()
        )


class Command(ValueType):
    """A shell command, of one line or several."""

    allowed = f"a shell command of at most {MAX_COMMAND_BYTES} bytes"

    def _allows(self, value: object) -> bool:
        return _is_text(value) and len(value.encode()) <= MAX_COMMAND_BYTES


class AbsolutePath(ValueType):
    """A path from the root."""

    allowed = "an absolute path"

    def _allows(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and (value[:1] == "/" or value[1:2] == ":")
            and "\0" not in value
            and len(value) <= 4096
        )


class Directory(AbsolutePath):
    """A path from the root, or from the home directory with `~/`."""

    allowed = "an absolute path or one below ~/"

    def _allows(self, value: object) -> bool:
        is_below_home = isinstance(value, str) and (value == "~" or value.startswith("~/"))
        return super()._allows(f"/{value}" if is_below_home else value)


class ListOf(ValueType):
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


class Prices(ValueType):
    """A table of prices for each model, in dollars per million tokens.

    The models are those that usageline does not know, or knows wrongly.
    """

    allowed = "a table of prices for each model"
    price = Number(0, MAX_PRICE, "dollars per million tokens")

    def read(self, value: object) -> dict[str, dict[str, float]]:
        """Return the prices by model and rate, as they are written."""
        if not isinstance(value, dict):
            raise InvalidValue(self.allowed, value)
        if len(value) > MAX_MODELS:
            raise self._mistake((), f"at most {MAX_MODELS} models are allowed, not {len(value)}")
        return {model: self._rates(model, table) for model, table in value.items()}

    def _rates(self, model: str, table: object) -> dict[str, float]:
        if not 0 < len(model) <= MAX_MODEL_NAME or not model.isprintable():
            limit = f"a name of 1 to {MAX_MODEL_NAME} visible characters is allowed"
            raise self._mistake((model,), limit)
        if not isinstance(table, dict):
            example = "a table such as { input = 3, output = 15 }"
            raise self._mistake((model,), f"{example} is allowed, not {value_text(table)}")
        for name in table:
            if name not in RATES:
                text = f"one of {', '.join(RATES)} is allowed" + suggestion(name, RATES)
                if isinstance(table[name], dict):
                    text += "; a model's name with a dot needs quotes"
                raise self._mistake((model, name), text)
        missing = [name for name in REQUIRED if name not in table]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            raise self._mistake((model,), f"{' and '.join(missing)} {verb} missing")
        return {name: self._rate((model, name), price) for name, price in table.items()}

    def _rate(self, path: Path, price: object) -> Any:
        try:
            return self.price.read(price)
        except InvalidValue as invalid:
            invalid.within = path
            raise

    def _mistake(self, path: Path, text: str) -> InvalidValue:
        return InvalidValue(self.allowed, None, path, messages=[text])


def number_as_text(value: object) -> object:
    """Return a number of up to three digits as text: a color may be written as the number it is."""
    return str(value) if type(value) is int and 0 <= value < 1000 else value


def some_of(*words: str) -> ListOf:
    """Return the type of a list of some of these words."""
    return ListOf(Choice(*words), f"a list of {', '.join(words)}", 4 * len(words))


def _is_text(value: object) -> TypeGuard[str]:
    """Return whether it is text that a command line or an environment can hold: no NUL, and UTF-8.

    Python decodes other bytes in a command's arguments to lone surrogates.
    """
    return (
        isinstance(value, str)
        and "\0" not in value
        and value.encode(errors="ignore").decode() == value
    )
