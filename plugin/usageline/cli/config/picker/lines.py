"""Widgets of lines: texts as they are, and a list to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from usageline.cli.config.picker.drawing import Glyphs

CURSOR = "bold cyan"
DIM = Style(dim=True)

LAST_HINTS = 2
"""The last hints of a line, which every width shows."""


class Lines(ScrollView, can_focus=False):
    """Lines of text, cut off at the edge and scrolled if there are too many."""

    DEFAULT_CSS = """
    Lines { scrollbar-size: 0 0; overflow-x: hidden; background: transparent; }
    """

    _lines: Sequence[Text] = ()

    def show(self, lines: Sequence[Text]) -> None:
        """Show these lines."""
        # Without a span, `Text.render` leaves out the style of the text.
        self._lines = [Text.assemble(line) for line in lines]
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen."""
        index = y + self.scroll_offset.y
        width = self.size.width
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strip = Strip(self._lines[index].render(self.app.console)).adjust_cell_length(width)
        more = self.more_mark(y)
        if more:
            strip = Strip.join([strip.crop(0, width - 2), Strip([Segment(f" {more}", DIM)])])
        return strip.apply_style(self.rich_style)

    def more_mark(self, y: int) -> str:  # noqa: ARG002 - a list has one
        """Return the mark at the end of a line of the screen, "" for none."""
        return ""


class Item(NamedTuple):
    """An item of a list: its lines, and what it stands for. Without a key it is a heading.

    `at_cursor` are its lines under the cursor, if they differ.
    """

    key: str
    lines: Sequence[Text]
    at_cursor: Sequence[Text] = ()


class Listener:
    """A screen that reacts to the user's choices.

    It is called at once: a message would arrive after the next key.
    """

    def highlighted(self, choices: Choices, key: str) -> None:
        """React to the cursor on another item."""

    def chosen(self, choices: Choices, key: str) -> None:
        """React to an item that the user chose."""

    def stepped(self, key: str, step: int) -> None:
        """Set the next value of a key, the previous one for -1, or ask for it for 0."""

    def action_arrange(self, what: str) -> None:
        """React to `toggle`, `remove`, `split`, `up` or `down` for the segment at the cursor."""


class Choices(Lines, can_focus=True):
    """A list in which the user chooses with the keys or a click."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", show=False),
        Binding("down,j", "step(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "end(1)", show=False),
        Binding("end,G", "end(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(
        self,
        glyphs: Glyphs,
        listener: Listener,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.glyphs, self.listener = glyphs, listener
        self._items: list[Item] = []
        self._starts: list[int] = []
        self.key = ""

    def fill(self, items: Sequence[Item], key: str = "") -> None:
        """Show these items, with the cursor on `key` or else on the one that it was on."""
        before = [item.key for item in self._items if item.key]
        self._items = list(items)
        keys = [item.key for item in items if item.key]
        wanted = key or self.key
        at = before.index(wanted) if wanted in before else 0
        self.key = wanted if wanted in keys else (keys[min(at, len(keys) - 1)] if keys else "")
        self._draw()

    def highlight(self, key: str) -> None:
        """Move the cursor to an item."""
        if key and key != self.key:
            self.key = key
            self._draw()
            self.listener.highlighted(self, key)

    def action_step(self, step: int) -> None:
        """Move the cursor to the next or the previous item."""
        keys = [item.key for item in self._items if item.key]
        if keys:
            self.highlight(keys[min(max(keys.index(self.key) + step, 0), len(keys) - 1)])

    def action_page(self, step: int) -> None:
        """Move the cursor by about a screen."""
        for _ in range(max(self.size.height // max(len(self._items[0].lines), 1) - 1, 1)):
            self.action_step(step)

    def action_end(self, step: int) -> None:
        """Move the cursor to the first item, or with -1 to the last one."""
        self.action_step(-step * len(self._items))

    def action_choose(self) -> None:
        """Choose the item under the cursor."""
        if self.key:
            self.listener.chosen(self, self.key)

    def on_click(self, event: events.Click) -> None:
        """Choose the item that was clicked."""
        key = self.key_at(event.y)
        if key:
            self.highlight(key)
            self.action_choose()

    def key_at(self, y: int) -> str:
        """Return the key of the item in a line of the screen, "" if there is none."""
        line = y + self.scroll_offset.y
        for item, start in zip(self._items, self._starts, strict=True):
            if start <= line < start + len(item.lines):
                return item.key
        return ""

    def line_of_cursor(self) -> int:
        """Return the line of the screen on which the item under the cursor begins."""
        keys = [item.key for item in self._items]
        return self._starts[keys.index(self.key)] - self.scroll_offset.y if self.key in keys else 0

    def more_mark(self, y: int) -> str:
        """Return an arrow if there are lines beyond the edge of the screen."""
        top = self.scroll_offset.y
        if y == 0 and top > 0:
            return self.glyphs.up_down[0]
        is_last = y == self.size.height - 1
        return self.glyphs.up_down[1] if is_last and top + y + 1 < len(self._lines) else ""

    @on(events.Focus)
    @on(events.Blur)
    @on(events.Resize)
    def _draw(self) -> None:
        """Draw the items with the cursor on the screen, brightly if the list has the focus."""
        lines: list[Text] = []
        self._starts = []
        first = last = 0
        style = CURSOR if self.has_focus else "dim"
        for item in self._items:
            self._starts.append(len(lines))
            is_here = bool(item.key) and item.key == self.key
            shown = (is_here and self.has_focus and item.at_cursor) or item.lines
            if is_here:
                first, last = len(lines), len(lines) + len(item.lines)
            mark = Text(self.glyphs.cursor if is_here else " ", style)
            lines += [Text.assemble(mark, " ", line) for line in shown]
        self.show(lines)
        self._show_lines(first, last)

    def _show_lines(self, first: int, last: int) -> None:
        """Scroll until the lines from `first` to `last` are on the screen, with a heading above."""
        height, top = self.size.height, self.scroll_offset.y
        if not height:
            return
        pairs = zip(self._items, self._starts, strict=True)
        if first <= next((start for item, start in pairs if item.key), 0):  # below the headings
            first = 0
        if first < top:
            top = first
        elif last > top + height:
            top = last - height
        top = min(top, max(len(self._lines) - height, 0))
        self.scroll_to(y=top, animate=False, force=True, immediate=True)


class Hints(Lines):
    """One line of keys and what they do. A click on one does it."""

    _spans: Sequence[tuple[int, int, str]] = ()

    def hint(self, hints: Sequence[tuple[str, str, str]], current: str = "") -> None:
        """Show keys, their meaning, and the action of the app that a click runs.

        If there is no room for all, the middle ones are left out: the last save and quit.
        """
        hints = list(hints)
        cells = [len(key) + len(meaning) + 3 for key, meaning, _ in hints]
        while len(hints) > LAST_HINTS and sum(cells) - 1 > self.app.size.width:
            del hints[-LAST_HINTS - 1], cells[-LAST_HINTS - 1]
        line, spans = Text(" "), []
        for key, meaning, action in hints:
            start = line.cell_len
            is_current = bool(current) and action == current
            if is_current:
                line.append(f" {key} {meaning} ", Style(bold=True, reverse=True))
            else:
                line.append(f"{key}", Style(bold=True, color="cyan")).append(f" {meaning}")
            spans.append((start, line.cell_len, action))
            line.append("  ")
        self._spans = spans
        self.show([line])

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the hint that was clicked."""
        for start, end, action in self._spans:
            if action and start <= event.x < end:
                await self.app.run_action(action)
