"""Read the tables of a TOML text against their keys, and report every mistake with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from usageline.config.problem import Path, Problem, key_text, suggestion, value_text
from usageline.config.types import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from usageline.config.types import Key

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
STRING_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"{3,5}|\Z)|"(?:[^"\\\n]|\\[^\n])*"?'
    r"|'''.*?(?:'{3,5}|\Z)|'[^'\n]*'?|#[^\n]*",
    re.DOTALL,
)
"""One that has no end takes the rest of the line or text, so that a search is linear."""

PART = re.compile(r"[\w-]+|" + QUOTED.pattern)
KEYS = re.compile(rf"\s*((?:{PART.pattern})(?:[ \t]*\.[ \t]*(?:{PART.pattern}))*)\s*")
HEADER = re.compile(rf"\s*(\[\[?){KEYS.pattern}\]")
MAX_DEPTH = 5
"""No key of the schema lies deeper; what does has the line of what holds it."""

MAX_NAME = 32
"""Characters of the name of a profile, an instance or a theme."""

NAME_ALLOWED = f"a name of at most {MAX_NAME} letters, digits, - and _ is allowed"


def without_strings(text: str) -> str:
    """Return TOML without strings and comments, with the same lines.

    A line alone does not tell: it may begin inside a string of several lines.
    """
    return STRING_OR_COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)


class Reporter:
    """Collects the problems of one text."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._lines: KeyLines | None = None

    def value(self, key: Key, path: Path, value: object, valid: dict[str, Any]) -> None:
        """Add a value to `valid` if its key allows it."""
        try:
            valid[key.name] = key.type.read(value)
        except InvalidValue as invalid:
            for message in invalid.messages:
                self.report((*path, *invalid.within), message, invalid.value)

    def table(
        self, path: Path, table: Mapping[str, Any], keys: Mapping[str, Key], what: str = "key"
    ) -> dict[str, Any]:
        """Return the valid values of a table."""
        valid: dict[str, Any] = {}
        for name, value in table.items():
            if name in keys:
                self.value(keys[name], (*path, name), value, valid)
            else:
                self.report((*path, name), f"there is no such {what}" + suggestion(name, keys))
        return valid

    def tables(
        self,
        table: Mapping[str, Any],
        keys: Mapping[str, Key],
        names: Collection[str],
        valid: dict[str, Any],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Add the valid values of top-level keys to `valid`, and yield the tables of `names`."""
        for name, value in table.items():
            if name in keys:
                self.value(keys[name], (name,), value, valid)
            elif name not in names:
                self.report((name,), "there is no such key" + suggestion(name, (*keys, *names)))
            elif not isinstance(value, dict):
                self.report((name,), f"a table is allowed, not {value_text(value)}")
            else:
                yield name, value

    def report(self, path: Path, text: str, value: object = None) -> None:
        """Add a problem at `path`."""
        if self._lines is None:
            self._lines = KeyLines(self._text)  # only if the file has a problem
        line = self._lines.find(path, value)
        self.problems.append(Problem(line, key_text(path), text))


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


def is_name(text: str) -> bool:
    """Return whether a user may give that name: MAX_NAME letters, digits, - and _ at most."""
    return (
        0 < len(text) <= MAX_NAME
        and text.isascii()
        and text.replace("-", "").replace("_", "").isalnum()
    )
