"""What the user does on the picker's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.widgets import ContentSwitcher

from usageline.cli.config.change import change
from usageline.cli.config.picker.dialogs import Question, Typing, diff_lines
from usageline.cli.config.picker.lines import Choices
from usageline.cli.config.picker.lists import Options, SegmentList, as_typed, help_for, next_value
from usageline.cli.config.picker.pages import Gallery
from usageline.cli.config.picker.view import PAGES, View
from usageline.cli.formatting import short
from usageline.config import edit, rows
from usageline.config.arguments import find_key
from usageline.config.types import Number
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from usageline.cli.config.picker.draft import Draft, Edit

WIDTHS = (60, 80, 100, 120, 160, 200)
KEYS = (
    ("1 to 5, Tab", "go to a page"),
    ("Up, Down", "move the cursor; k and j do the same"),
    ("Enter", "use what is under the cursor, or type a value"),
    ("Left, Right", "change a value"),
    ("Space", "add or remove a segment"),
    ("K, J", "move a segment up or down; Shift with an arrow, or the mouse, does the same"),
    ("n", "begin a row with the segment, or end that row again"),
    ("u, r", "undo, redo"),
    ("w", "draw the line for another width"),
    ("d", "draw it with your numbers, or with those of the sample"),
    ("s", "save: first shows what will be written"),
    ("q, Ctrl-C", "quit: q asks if there are changes, Ctrl-C does not"),
)
REFUSALS = (edit.EditRejected, rows.RowsUnchangeable)


class Main(View):
    """The main screen with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"page('{page}')", show=False)
            for number, page in enumerate(PAGES, 1)
        ),
        Binding("tab", "turn(1)", show=False),
        Binding("shift+tab", "turn(-1)", show=False),
        Binding("u", "undo", show=False),
        Binding("r", "redo", show=False),
        Binding("w", "other_width", show=False),
        Binding("d", "other_numbers", show=False),
        Binding("s,ctrl+s", "save", show=False),
        Binding("q", "leave", show=False),
        Binding("escape", "back", show=False),
        Binding("right", "options", show=False),
        Binding("question_mark", "keys", show=False),
    ]

    def on_mount(self) -> None:
        """Show the presets first."""
        self.action_page("presets")

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.redraw()

    def action_page(self, page: str) -> None:
        """Show a page, with the cursor on what is in use."""
        self.query_one("#pages", ContentSwitcher).current = page
        self.trial = None
        self.redraw(at_current=True)
        target = "list" if page == "segments" else page
        self.query_one(f"#{target}", Choices).focus()

    def action_turn(self, step: int) -> None:
        """Show the next page, or with -1 the previous one."""
        self.action_page(PAGES[(PAGES.index(self.page) + step) % len(PAGES)])

    def edit(self, change: Callable[[Draft], Draft]) -> bool:
        """Change the draft, or show why that is not possible."""
        self.note = ""
        try:
            self.draft = change(self.draft)
        except REFUSALS as refused:
            self.note = refusal(refused)
        self.trial = None
        self.redraw()
        return not self.note

    def highlighted(self, choices: Choices, key: str) -> None:
        """Draw the line with the item under the cursor."""
        self.note = ""
        if isinstance(choices, Gallery):
            self.trial = choices.with_item(self.draft, key)
            self._draw_line()
        elif isinstance(choices, SegmentList):
            self._draw_segment()
        self._draw_help()

    def chosen(self, choices: Choices, key: str) -> None:
        """Take the item under the cursor, or show the options of a segment."""
        if isinstance(choices, Gallery):
            self.edit(lambda draft: choices.with_item(draft, key))
        else:
            self.action_options()

    def action_choose(self) -> None:
        """Take the item under the cursor."""
        if isinstance(self.focused, Choices):
            self.focused.action_choose()

    def action_options(self) -> None:
        """Go to the options of the segment."""
        if self.page == "segments":
            self.query_one("#options").focus()

    def on_descendant_focus(self) -> None:
        """Show the keys of what has the focus."""
        if self.is_mounted:
            self._draw_keys()

    def action_arrange(self, what: str) -> None:
        """Add, remove or move the segment under the cursor."""
        segments = self.query_one(SegmentList)
        name, place = segments.name_in(self.draft), segments.place()
        if not name or (place is None and what not in {"toggle", "up"}):
            return
        if place is None or what in {"toggle", "remove"}:
            done = self.edit(lambda draft: draft.toggle(name))
        elif what == "split":
            done = self.edit(lambda draft: draft.split(*place))
        else:
            step = -1 if what == "up" else 1
            done = self.edit(lambda draft: draft.shift(*place, step))
        if done:
            now = rows.place(self.draft.rows, name)
            # What was added is followed to its place. After a removal the cursor stays.
            key = f"{now[0]}.{now[1]}" if now else segments.key
            segments.list_segments(self.draft, self.drawing, key)
            self.redraw()

    def stepped(self, key: str, step: int) -> None:
        """Set the next value of a key, or ask for it."""
        schema = find_key(key)
        if schema is None:
            return
        is_typed = step == 0 and isinstance(schema.type, Number)
        value = next_value(schema.type, self.draft.value(key), step or 1)
        if value is None or is_typed:
            self._type_value(key)
        else:
            self.edit(lambda draft: draft.set(key, value))

    def action_step_value(self, step: int) -> None:
        """Change the value under the cursor."""
        if isinstance(self.focused, Options):
            self.focused.action_change(step)

    def _type_value(self, key: str) -> None:
        def why_not(text: str) -> str:
            try:
                self.draft.set_typed(key, text)
            except edit.EditRejected as refused:
                return "; ".join(sanitize(problem.text) for problem in refused.problems)
            return ""

        def typed(text: str | None) -> None:
            if text is not None:
                self.edit(lambda draft: draft.set_typed(key, text))

        value = as_typed(self.draft.value(key))
        self.app.push_screen(
            Typing(key, help_for(key), value, why_not, self.drawing.glyphs.border), typed
        )

    def action_undo(self) -> None:
        """Undo the last change."""
        self._step_back(self.draft.edits, "Undone", lambda draft: draft.undo())

    def action_redo(self) -> None:
        """Redo what was undone."""
        self._step_back(self.draft.undone, "Done again", lambda draft: draft.redo())

    def _step_back(
        self, edits: Sequence[Edit], done: str, change: Callable[[Draft], Draft]
    ) -> None:
        self.edit(change)
        self.note = f"{done}: {edits[-1].what}." if edits else "There is no such change."
        self._draw_help()

    def action_keys(self) -> None:
        """Show every key."""
        lines = [Text.assemble((f"{key:14}", "bold cyan"), does) for key, does in KEYS]
        self._ask(lines, [("Esc", "back", "")])

    def action_other_width(self) -> None:
        """Draw the line for another width: that of a narrower terminal."""
        narrower = [width for width in WIDTHS if width < self.size.width]
        self.width = next((width for width in narrower if width > self.width), 0)
        self.redraw()

    def action_other_numbers(self) -> None:
        """Draw the line with the sample's numbers, or the user's again."""
        self.drawing.numbers = None if self.drawing.numbers else self.drawing.own
        self.redraw()

    def action_save(self) -> None:
        """Show what will be written, and write it if the user agrees."""
        if not self.draft.is_changed:
            self.note = "Nothing is changed yet."
            self._draw_help()
            return
        path = short(Paths(self.env).config_file, Paths(self.env))
        diff = map(self.drawing.displayable, diff_lines(self.draft.diff()))
        lines = [Text(f"Write {path}?", "bold"), Text(), *diff]
        self._ask(lines, [("Enter", "write it", "write"), ("Esc", "back", "")], self._write)

    def _ask(
        self,
        lines: Sequence[Text],
        answers: Sequence[tuple[str, str, str]],
        answered: Callable[[str | None], None] | None = None,
    ) -> None:
        border = self.drawing.glyphs.border
        self.app.push_screen(Question([*lines, Text()], answers, border), answered)

    def _write(self, answer: str | None) -> None:
        if answer != "write":
            return
        try:
            change(self.env, lambda before: self.draft.on(before or ""))
        except (*REFUSALS, UsagelineError) as refused:
            self.note = f"Not saved: {refusal(refused)}"
            self._draw_help()
            return
        self.app.exit(self.draft)

    def action_back(self) -> None:
        """Leave the options of a segment, an item that is only tried, or the picker."""
        if self.page == "segments" and self.query_one("#options").has_focus:
            self.query_one("#list").focus()
        elif self.trial is not None and self.trial.text != self.draft.text:
            self.action_page(self.page)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """End without saving; ask first if there are changes."""
        if not self.draft.is_changed:
            self.app.exit(None)
            return
        lines = [Text("You have changes that are not saved.", "bold")]
        answers = [("s", "save", "save"), ("d", "discard", "discard"), ("Esc", "back", "")]
        self._ask(lines, answers, self._left)

    def _left(self, answer: str | None) -> None:
        if answer == "discard":
            self.app.exit(None)
        elif answer == "save":
            self.action_save()


def refusal(problem: Exception) -> str:
    """Return why a change is not possible, for the screen."""
    if isinstance(problem, edit.EditRejected):
        return "; ".join(sanitize(item.message("")) for item in problem.problems)
    return sanitize(str(problem))
