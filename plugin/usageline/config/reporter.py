"""Read the tables of a TOML text against their keys, and report every mistake with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from usageline.config.key_lines import KeyLines
from usageline.config.problem import Path, Problem, key_text, suggestion
from usageline.config.types import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.types import Key


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

    def report(self, path: Path, text: str, value: object = None) -> None:
        """Add a problem at `path`."""
        if self._lines is None:
            self._lines = KeyLines(self._text)  # only if the file has a problem
        line = self._lines.find(path, value)
        self.problems.append(Problem(line, key_text(path), text))
