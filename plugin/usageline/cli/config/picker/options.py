"""A list of keys with their values, which the user changes in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding

from usageline.cli.config.picker.lines import Choices, Item
from usageline.cli.config.picker.option_values import in_words
from usageline.config.arguments import find_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from usageline.cli.config.picker.draft import Draft

MAX_NAME_CELLS = 22


class Options(Choices):
    """Keys of config.toml, each with its value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,minus", "change(-1)", show=False),
        Binding("right,l,plus,space", "change(1)", show=False),
    ]

    def list_keys(
        self, groups: Sequence[tuple[str, Sequence[str]]], draft: Draft, prefix: str = ""
    ) -> None:
        """Show keys below headings; `prefix` is left out of their names."""
        names = [key.removeprefix(prefix) for _, keys in groups for key in keys]
        cells = min(max(map(len, names), default=0), MAX_NAME_CELLS)
        items: list[Item] = []
        for heading, keys in groups:
            if heading:
                blank = [Text()] if items else []
                items.append(Item("", [*blank, Text(heading, "dim")]))
            items += [self._item(key, key.removeprefix(prefix), cells, draft) for key in keys]
        self.fill(items)

    def _item(self, key: str, name: str, cells: int, draft: Draft) -> Item:
        schema, value = find_key(key), draft.value(key)
        default = schema.default if schema else None
        words = in_words(value) or ("default" if value is None else "none")
        style = "" if value == default else "bold green"
        return Item(
            key,
            [Text.assemble(f"{name:{cells}}    ", (words, style))],
            [
                Text.assemble(
                    (f"{name:{cells}}", "bold"),
                    (f"  {self.glyphs.before} ", "bold cyan"),
                    (words, style),
                    (f" {self.glyphs.after}", "bold cyan"),
                )
            ],
        )

    def action_change(self, step: int) -> None:
        """Change the value under the cursor."""
        if self.key:
            self.listener.stepped(self.key, step)

    def action_choose(self) -> None:
        """Type the value under the cursor, or change one that cannot be typed."""
        self.action_change(0)


def help_for(key: str) -> str:
    """Return what a key does and what it allows, in words."""
    schema = find_key(key)
    if schema is None:
        return ""
    allowed = "" if schema.type.allowed == "true or false" else f" ({schema.type.allowed})"
    return schema.doc[:1].upper() + schema.doc[1:] + allowed
