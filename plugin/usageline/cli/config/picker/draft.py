"""The draft of config.toml that the picker changes: a value, with undo, without a screen."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.config import edit, presets
from usageline.config.rows import Position, RowsUnchangeable, place, put, shift, split
from usageline.config.validate import Values, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.config.rows import Rows


class Edit(NamedTuple):
    """One change: what it does, in words, and the function from the text to the new text."""

    what: str
    change: Callable[[str], str]


@dataclass(frozen=True)
class Draft:
    """The text of config.toml with unsaved edits. Every method returns a new draft.

    `base` is the text on disk, `texts` has the text after each edit, and `undone` the edits that
    can be redone. An edit that is not possible raises EditRejected or RowsUnchangeable.
    """

    base: str
    edits: tuple[Edit, ...] = ()
    texts: tuple[str, ...] = ()
    undone: tuple[Edit, ...] = ()

    @property
    def text(self) -> str:
        """The text with all edits."""
        return self.texts[-1] if self.texts else self.base

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.text != self.base

    @cached_property
    def values(self) -> Values:
        """The valid values in the text."""
        return validate(self.text).values

    @property
    def rows(self) -> Rows:
        """The rows of segments."""
        shown: Rows = self.values.get("rows")
        return shown

    @property
    def preset(self) -> str:
        """The name of the preset that the draft equals, or ""."""
        for preset in presets.PRESETS:
            changes = presets.changes(preset, self.values.get("theme"), self.rows)
            if edit.set_all(self.text, changes) == self.text:
                return preset.name
        return ""

    def available(self) -> list[str]:
        """Return the segments and instances that no row has."""
        used = {name for row in self.rows for name in row}
        return [name for name in self.values.segment_names() if name not in used]

    def value(self, key: str) -> Any:
        """Return a key's value, from the text or the default."""
        return edit.effective_value(self.values, key)

    def set(self, key: str, value: Any) -> Draft:
        """Set a key, or remove it if the value is its default."""
        return self._do(key, lambda text: _with_value(text, key, value))

    def set_typed(self, key: str, value: str) -> Draft:
        """Set a key to a value as a user types it: TOML, a plain list, or text.

        An empty value is the default.
        """
        if not value:
            return self._do(key, lambda text: edit.without_key(text, key))
        return self._do(key, lambda text: edit.set_key(text, key, value))

    def use_preset(self, name: str) -> Draft:
        """Use the rows of a preset, and its theme if it has one."""
        preset = next(preset for preset in presets.PRESETS if preset.name == name)
        return self._do(f"preset {name}", lambda text: edit.use_preset(text, preset))

    def toggle(self, name: str) -> Draft:
        """Add a segment, show it if it is hidden, or remove it from its row."""
        if not place(self.rows, name):
            return self._with_rows(f"add {name}", lambda shown: put(shown, name, Position()), name)
        if self.values.is_hidden(name):
            return self._with_rows(f"show {name}", lambda shown: shown, name)
        return self._do(f"remove {name}", lambda text: edit.remove_segments(text, [name]))

    def shift(self, number: int, index: int, step: int) -> Draft:
        """Move the segment at a place by one place, across rows if it is at the edge."""
        return self._at("move", number, index, lambda shown: shift(shown, number, index, step)[0])

    def split(self, number: int, index: int) -> Draft:
        """Begin a row with the segment at a place, or join its row with the one above."""
        return self._at("new row at", number, index, lambda shown: split(shown, number, index))

    def undo(self) -> Draft:
        """Undo the last edit."""
        if not self.edits:
            return self
        return Draft(self.base, self.edits[:-1], self.texts[:-1], (*self.undone, self.edits[-1]))

    def redo(self) -> Draft:
        """Redo the edit that was undone last."""
        if not self.undone:
            return self
        again = self._do(*self.undone[-1])
        return Draft(again.base, again.edits, again.texts, self.undone[:-1])

    def on(self, text: str) -> str:
        """Return another text with the edits: config.toml may have changed in the meantime."""
        for step in self.edits:
            text = step.change(text)
        return text

    def diff(self) -> list[str]:
        """Return the lines that change, with `+` or `-` and the lines around them."""
        lines = difflib.unified_diff(
            self.base.splitlines(), self.text.splitlines(), lineterm="", n=1
        )
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]

    def _at(self, what: str, number: int, index: int, change: Callable[[Rows], Rows]) -> Draft:
        """Change the rows at a place that must have the same segment if the edit is repeated."""
        name = self.rows[number][index]

        def changed(shown: Rows) -> Rows:
            if number >= len(shown) or shown[number][index : index + 1] != [name]:
                raise RowsUnchangeable(f"{name} is no longer in row {number + 1}")
            return change(shown)

        return self._with_rows(f"{what} {name}", changed)

    def _with_rows(self, what: str, changed: Callable[[Rows], Rows], *visible: str) -> Draft:
        def change(text: str) -> str:
            shown: Rows = validate(text).values.get("rows")
            return edit.set_rows(text, changed(shown), visible)

        return self._do(what, change)

    def _do(self, what: str, change: Callable[[str], str]) -> Draft:
        text = change(self.text)
        if text == self.text:
            return self
        return Draft(self.base, (*self.edits, Edit(what, change)), (*self.texts, text))


def _with_value(text: str, key: str, value: Any) -> str:
    rest = edit.without_key(text, key)
    if edit.effective_value(validate(rest).values, key) == value:
        return rest
    return edit.set_value(text, key, value)
