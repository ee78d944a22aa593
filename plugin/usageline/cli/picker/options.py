"""A list of keys with their values, which the user changes in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.message import Message

from usageline.cli.picker.lines import Choices, Item
from usageline.cli.picker.option_values import in_words
from usageline.config.arguments import find_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from usageline.cli.picker.draft import Draft

MAX_NAME_CELLS = 22


class Options(Choices):
    """Keys of config.toml, each with its value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,minus", "change(-1)", show=False),
        Binding("right,l,plus,space", "change(1)", show=False),
    ]

    class Changed(Message):
        """The user wants the next value of a key, or with -1 the previous one."""

        def __init__(self, key: str, step: int) -> None:
            super().__init__()
            self.key, self.step = key, step

    def list_keys(self, keys: Sequence[str], draft: Draft, prefix: str = "") -> None:
        """Show these keys; `prefix` is left out of their names."""
        names = {key: key.removeprefix(prefix) for key in keys}
        cells = min(max(map(len, names.values()), default=0), MAX_NAME_CELLS)
        items = []
        for key, name in names.items():
            schema, value = find_key(key), draft.value(key)
            default = schema.default if schema else None
            words = in_words(value) or ("default" if value is None else "none")
            style = "" if value == default else "bold green"
            items.append(
                Item(
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
            )
        self.fill(items)

    def action_change(self, step: int) -> None:
        """Change the value under the cursor."""
        if self.key:
            self.post_message(self.Changed(self.key, step))

    def action_choose(self) -> None:
        """Change the value under the cursor."""
        self.action_change(1)


def help_for(key: str) -> str:
    """Return what a key does and what it allows, in words."""
    schema = find_key(key)
    if schema is None:
        return ""
    allowed = "" if schema.type.allowed == "true or false" else f" ({schema.type.allowed})"
    return schema.doc[:1].upper() + schema.doc[1:] + allowed
