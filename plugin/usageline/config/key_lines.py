"""In which line of a TOML text each key and each item of a list stands: the parsers do not say.

It reads text that a parser has found valid, or reads until it no longer understands it; so it needs to know where values end, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usageline.config.problem import Path

DEEPEST = 100
"""Lists within lists that are followed. What lies deeper has the line of what it lies in."""

_ESCAPES = {
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "f": "\f",
    "r": "\r",
    '"': '"',
    "\\": "\\",
    "e": "\x1b",
}


class Places:
    """`lines` by path; `again` is the first path that is given a value twice, which no parser lets pass, or None."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.again: Path | None = None
        self._text, self._at, self._line = text, 0, 1
        self._counts: dict[Path, int] = {}
        self._tables: set[Path] = set()
        try:
            self._document()
        except (IndexError, ValueError, OverflowError):
            return

    def line(self, path: Path) -> int | None:
        """The line of `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def _document(self) -> None:
        table: Path = ()
        while self._blank(lines=True):
            line = self._line
            if self._take("[["):
                table = self._resolved(self._keys())
                index = self._counts[table] = self._counts.get(table, -1) + 1
                self._note(table, line)
                table = (*table, index)
                self._expect("]]")
            elif self._take("["):
                table = self._resolved(self._keys())
                self._expect("]")
                if table in self._tables:
                    self.again = self.again or table
                    self.lines[table] = line
                self._tables.add(table)
            else:
                self._pair(table, 0)
                continue
            self._note(table, line)

    def _pair(self, table: Path, depth: int) -> None:
        line, path = self._line, (*table, *self._keys())
        if path in self.lines:
            self.again = self.again or path
            self.lines[path] = line
        self._note(path, line)
        self._expect("=")
        self._value(path, depth)

    def _value(self, path: Path, depth: int) -> None:
        if depth > DEEPEST:
            raise ValueError
        self._blank()
        if self._take("["):
            index = 0
            while self._blank(lines=True) and not self._take("]"):
                self._note((*path, index), self._line)
                self._value((*path, index), depth + 1)
                self._blank(lines=True)
                self._take(",")
                index += 1
        elif self._take("{"):
            while self._blank(lines=True) and not self._take("}"):
                self._pair(path, depth + 1)
                self._blank(lines=True)
                self._take(",")
        elif self._text[self._at] in "\"'":
            self._string()
        else:
            start = self._at
            while self._at < len(self._text) and self._text[self._at] not in ",]}#\n":
                self._at += 1
            if self._at == start:
                raise ValueError

    def _keys(self) -> Path:
        found: list[str] = []
        while True:
            self._blank()
            if self._text[self._at] in "\"'":
                found.append(self._string())
            else:
                start = self._at
                while self._text[self._at].isalnum() or self._text[self._at] in "-_":
                    self._at += 1
                if self._at == start:
                    raise ValueError
                found.append(self._text[start : self._at])
            self._blank()
            if not self._take("."):
                return tuple(found)

    def _string(self) -> str:
        quote = self._text[self._at]
        several = self._text.startswith(quote * 3, self._at)
        end = quote * 3 if several else quote
        self._at += len(end)
        found = ""
        while not self._text.startswith(end, self._at):
            char = self._text[self._at]
            if char == "\\" and quote == '"':
                self._at += 1
                char = self._escape()
            elif char == "\n":
                self._line += 1
            found += char
            self._at += 1
        self._at += len(end)
        while (
            several and self._at < len(self._text) and self._text[self._at] == quote
        ):  # """quoted"""" ends in a quote of its own
            self._at += 1
        return found

    def _escape(self) -> str:
        letter = self._text[self._at]
        digits = {"x": 2, "u": 4, "U": 8}.get(letter)
        if digits:
            code = int(self._text[self._at + 1 : self._at + 1 + digits], 16)
            self._at += digits
            return chr(code)
        self._line += letter == "\n"
        return _ESCAPES.get(letter, letter)

    def _resolved(self, keys: Path) -> Path:
        """The path of a table's header: tables in a list of tables are in its last one."""
        path: Path = ()
        for key in keys:
            if path in self._counts:
                path = (*path, self._counts[path])
            path = (*path, key)
        return path

    def _note(self, path: Path, line: int) -> None:
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], line)

    def _blank(self, *, lines: bool = False) -> bool:
        """Go past spaces, and with `lines` past ends of lines and comments. False at the end of the text."""
        text = self._text
        while self._at < len(text):
            char = text[self._at]
            if lines and char == "#":
                end = text.find("\n", self._at)
                self._at = len(text) if end < 0 else end
                continue
            if lines and char == "\n":
                self._line += 1
            elif char not in " \t\r":
                return True
            self._at += 1
        return False

    def _take(self, wanted: str) -> bool:
        found = self._text.startswith(wanted, self._at)
        self._at += len(wanted) if found else 0
        return found

    def _expect(self, wanted: str) -> None:
        self._blank()
        if not self._take(wanted):
            raise ValueError
