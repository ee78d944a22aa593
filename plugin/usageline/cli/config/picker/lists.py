"""The lists of segments and of keys with their values, which the user changes in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding

from usageline.cli.config.picker.lines import Choices, Item
from usageline.config.arguments import find_key
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.types import Choice, Flag, Integer, Number
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from usageline.cli.config.picker.draft import Draft
    from usageline.cli.config.picker.drawing import Drawing
    from usageline.config.types import ValueType

AVAILABLE = "+"
MAX_NAME_CELLS = 22
STEPS = ((60, 1), (200, 5), (3600, 60), (90_000, 300))
"""The step of a number by the size of its range."""


class SegmentList(Choices):
    """The segments by row. The key of an item is `row.index`, or `+.name` if no row has it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "screen.arrange('toggle')", show=False),
        Binding("shift+up,K", "screen.arrange('up')", show=False),
        Binding("shift+down,J", "screen.arrange('down')", show=False),
        Binding("n", "screen.arrange('split')", show=False),
        Binding("delete,backspace", "screen.arrange('remove')", show=False),
    ]

    _is_dragged = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the segment under the pointer."""
        self._is_dragged = False
        key = self.key_at(event.y)
        if key and not key.startswith(f"{AVAILABLE}."):
            self.highlight(key)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the segment that is held towards the pointer."""
        distance = event.y - self.line_of_cursor()
        if self.app.mouse_captured is self and event.button and distance:
            self._is_dragged = True
            self.listener.action_arrange("up" if distance < 0 else "down")

    def on_mouse_up(self) -> None:
        """Let go of the segment."""
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Show the options of the segment that was clicked, unless it was dragged."""
        if not self._is_dragged:
            super().on_click(event)
        event.prevent_default()

    def list_segments(self, draft: Draft, drawing: Drawing, key: str = "") -> None:
        """Show the rows of the draft, with the cursor on `key`."""
        items = []
        for number, row in enumerate(draft.rows):
            items.append(Item("", [Text(f"row {number + 1}", "dim")]))
            items += [
                Item(f"{number}.{index}", [_in_row(name, draft, drawing)])
                for index, name in enumerate(row)
            ]
        items.append(Item("", [Text("not in the line", "dim")]))
        items += [Item(f"{AVAILABLE}.{name}", [Text(f"  {name}")]) for name in draft.available()]
        self.fill(items, key)

    def place(self) -> tuple[int, int] | None:
        """Return the row and index under the cursor, None if the segment is in no row."""
        row, _, index = self.key.partition(".")
        return (int(row), int(index)) if row.isdecimal() else None

    def name_in(self, draft: Draft) -> str:
        """Return the name of the segment under the cursor, "" if there is none."""
        row, _, name = self.key.partition(".")
        if row == AVAILABLE:
            return name
        place = self.place()
        if place is None or place[0] >= len(draft.rows):
            return ""
        return (draft.rows[place[0]][place[1] : place[1] + 1] or [""])[0]


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
    return schema.help[:1].upper() + schema.help[1:] if schema else ""


def in_words(value: Any) -> str:
    """Return a value as a user reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return sanitize(", ".join(map(str, value))) if value else "none"
    if value is None or value == "":
        return ""
    return f"{value:g}" if isinstance(value, float) else sanitize(str(value))


def as_typed(value: Any) -> str:
    """Return a value as a user types it."""
    if isinstance(value, list):
        return sanitize(",".join(map(str, value)))
    return "" if value is None else sanitize(str(value))


def next_value(of: ValueType, value: Any, step: int) -> Any:
    """Return the next value, or the previous one for a step of -1. None if it must be typed."""
    if isinstance(of, Flag):
        return not value
    if isinstance(of, Choice):
        words = list(of.words)
        return words[(words.index(str(value)) + step) % len(words)]
    if isinstance(of, Number) and value is not None:
        size = next((size for span, size in STEPS if of.maximum - of.minimum <= span), 0)
        if size:
            number = min(max(value + step * size, of.minimum), of.maximum)
            return int(number) if isinstance(of, Integer) else number
    return None


def option_keys(name: str) -> list[str]:
    """Return the keys of a segment's options, its own first."""
    kind = name.partition(".")[0]
    own = [key.name for key in SEGMENTS[kind].options]
    return [
        f"segments.{name}.{option}"
        for option in (*own, *(option for option in options_of(kind) if option not in own))
    ]


def _in_row(name: str, draft: Draft, drawing: Drawing) -> Text:
    hidden = draft.values.is_hidden(name)
    mark = "  " if hidden else f"{drawing.glyphs.in_use} "
    return Text.assemble(
        (mark, "green"), (name, "dim" if hidden else "bold"), (" hidden" if hidden else "", "dim")
    )
