"""The list of segments in the rows, and of those that can be added."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding

from usageline.cli.config.picker.lines import Choices, Item
from usageline.config.segments import SEGMENTS, options_of

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from usageline.cli.config.picker.draft import Draft
    from usageline.cli.config.picker.drawing import Drawing

AVAILABLE = "+"


class SegmentList(Choices):
    """The segments by row. The key of an item is `row.index`, or `+.name` if no row has it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "arrange('toggle')", show=False),
        Binding("shift+up,K", "arrange('up')", show=False),
        Binding("shift+down,J", "arrange('down')", show=False),
        Binding("n", "arrange('split')", show=False),
        Binding("delete,backspace", "arrange('remove')", show=False),
    ]

    _is_dragged = False

    def action_arrange(self, what: str) -> None:
        """Change the place of the segment under the cursor."""
        if self.key:
            self.listener.arranged(what)

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
            self.listener.arranged("up" if distance < 0 else "down")

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
