"""Read and parse config.toml, and find the line of a key; validate.py has the schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from usageline.config.problem import Problem, key_text, value_text
from usageline.system import files

if TYPE_CHECKING:
    from usageline.config.problem import Path


MAX_BYTES = 256 << 10
MAX_DOTS = 2100
"""In one line, outside of quotes. The parser takes quadratic time for a key with more dots."""

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
PART = re.compile(r"[\w-]+|" + QUOTED.pattern)
KEYS = re.compile(rf"\s*((?:{PART.pattern})(?:[ \t]*\.[ \t]*(?:{PART.pattern}))*)\s*")
HEADER = re.compile(rf"\s*(\[\[?){KEYS.pattern}\]")
MAX_DEPTH = 5
"""No key of the schema lies deeper; what does has the line of what holds it."""


class UnusableFile(Exception):
    """The file as a whole cannot be used; `problem` is the reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def read_text(path: str) -> str | None:
    """Return the text of the file at `path`, or None if there is no file. Never wait for a FIFO.

    Raise UnusableFile if it cannot be read or is too long.
    """
    try:
        content = files.read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UnusableFile(
            Problem(None, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
        ) from None
    return decode(content)


def decode(content: bytes) -> str:
    """Return `content` as text with LF line ends.

    Raise UnusableFile if it is too long or not UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise UnusableFile(Problem(None, "", f"at most {MAX_BYTES >> 10} KiB are allowed"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(
            Problem(content.count(b"\n", 0, error.start) + 1, "", "not TOML: this is no UTF-8")
        ) from None
    text = text.replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS and QUOTED.sub("", line).count(".") > MAX_DOTS:
            raise UnusableFile(Problem(number, "", "not TOML: nested too deeply"))
    return text


def parse(text: str) -> dict[str, Any]:
    """Return the table in `text`. Raise UnusableFile if it is not TOML."""
    try:
        import tomllib  # type: ignore[import-not-found]  # noqa: PLC0415 - new in 3.11
    except ImportError:
        return parse_before_311(text)
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusableFile(_parser_problem(str(error), text)) from None
    except (ValueError, RecursionError) as error:
        raise UnusableFile(_unparsable(error)) from None
    return table


def parse_before_311(text: str) -> dict[str, Any]:
    """Do the same as `parse`, with tomlkit, which takes three times as long to import."""
    from tomlkit import parse  # noqa: PLC0415 - as above
    from tomlkit.exceptions import ParseError, TOMLKitError  # noqa: PLC0415

    try:
        return parse(text).unwrap()
    except ParseError as error:
        if "levels deep" in str(error):
            raise UnusableFile(_unparsable(RecursionError())) from None
        place = min(error.line, _last_line(text))
        raise UnusableFile(Problem(place, "", f"not TOML: {_without_place(str(error))}")) from None
    except TOMLKitError as error:
        lines = KeyLines(text)
        line, key = (
            (None, "")
            if lines.repeated is None
            else (lines.find(lines.repeated), key_text(lines.repeated))
        )
        raise UnusableFile(Problem(line, key, f"not TOML: {_without_place(str(error))}")) from None
    except (ValueError, RecursionError) as error:
        raise UnusableFile(_unparsable(error)) from None


def _parser_problem(message: str, text: str) -> Problem:
    """Return the problem that the parser's message describes.

    It ends in its place: "Invalid value (at line 3, column 5)" or "… (at end of document)".
    """
    _, _, place = message.rpartition("(at line ")
    digits = place.partition(",")[0]
    line = int(digits) if digits.isascii() and digits.isdigit() else _last_line(text)
    return Problem(line, "", f"not TOML: {_without_place(message)}")


def _last_line(text: str) -> int:
    return text.rstrip("\n").count("\n") + 1


def _without_place(message: str) -> str:
    message = message.rpartition(" (at ")[0] or message.partition(" at line ")[0]
    return "".join(char if char.isprintable() else "?" for char in message[:120])


def _unparsable(error: Exception) -> Problem:
    return Problem(
        None,
        "",
        "not TOML: nested too deeply"
        if isinstance(error, RecursionError)
        else f"not TOML: {str(error)[:80]}",
    )


class KeyLines:
    """The line of each key and table; `repeated` is the first path that has two, or None."""

    def __init__(self, text: str) -> None:
        self.repeated: tuple[str, ...] | None = None
        self._lines = text.split("\n")
        self._numbers: dict[tuple[str, ...], int] = {}
        self._read()

    def find(self, path: Path, value: object = None) -> int | None:
        """Return the line of `path`, or of the nearest thing that holds it.

        For an item of a list, that is the first line below its key that has `value` in it.
        """
        keys = tuple(part for part in path if isinstance(part, str))[:MAX_DEPTH]
        while keys and keys not in self._numbers:
            keys = keys[:-1]
        first = self._numbers.get(keys)
        if first is None or not path or isinstance(path[-1], str):
            return first
        written, after = value_text(value), set(self._numbers.values())
        for number in range(first, len(self._lines) + 1):
            if number > first and number in after:
                break
            if written in self._lines[number - 1].replace("'", '"').partition("#")[0]:
                return number
        return first

    def _read(self) -> None:
        table: tuple[str, ...] = ()
        scope, depth, quotes = 0, 0, ""
        written: set[tuple[object, ...]] = set()
        for number, line in enumerate(self._lines, 1):
            if quotes:  # in a text of several lines
                quotes = "" if quotes in line else quotes
                continue
            header, key = HEADER.match(line), KEYS.match(line)
            if depth == 0 and header:
                table = key_parts(header[2])
                scope = number if header[1] == "[[" else scope
                self._note(table, number, written, (header[1] == "[[" and number, table))
            elif depth == 0 and key and line[key.end() : key.end() + 1] == "=":
                path = (*table, *key_parts(key[1]))
                self._note(path, number, written, (scope, path))
            quotes = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
            bare = QUOTED.sub("", line.partition(quotes)[0] if quotes else line).partition("#")[0]
            depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))

    def _note(
        self,
        path: tuple[str, ...],
        number: int,
        written: set[tuple[object, ...]],
        identity: tuple[object, ...],
    ) -> None:
        if identity in written and self.repeated is None:
            self.repeated = path[:MAX_DEPTH]
            self._numbers[self.repeated] = number
        written.add(identity)
        for end in range(1, min(len(path), MAX_DEPTH) + 1):
            self._numbers.setdefault(path[:end], number)


def key_parts(keys: str) -> tuple[str, ...]:
    """Return the parts of a key with dots. A part in quotes may have dots of its own."""
    return tuple(part.strip("\"'") for part in PART.findall(keys))
