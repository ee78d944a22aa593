"""The picker's screen: the line on top, a page of choices, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from usageline.cli.config.change import change
from usageline.cli.formatting import short
from usageline.cli.picker.dialogs import Question, Typing, diff_lines
from usageline.cli.picker.lines import Choices, Hints, Lines
from usageline.cli.picker.option_values import as_typed, next_value
from usageline.cli.picker.options import Options, help_for
from usageline.cli.picker.pages import SETTINGS, Font, Gallery, Presets, Themes
from usageline.cli.picker.segment_list import SegmentList, option_keys
from usageline.config import edit, rows
from usageline.config.arguments import find_key
from usageline.config.segments import SEGMENTS
from usageline.core import paths
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from usageline.cli.picker.draft import Draft
    from usageline.cli.picker.drawing import Drawing

PAGES = ("presets", "font", "themes", "segments", "settings")
WIDTHS = (60, 80, 100, 120, 160, 200)
REFUSALS = (edit.EditRejected, rows.RowsUnchangeable)


class Main(Screen[None]):
    """Everything but the questions."""

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
    ]

    def __init__(self, env: dict[str, str], draft: Draft, drawing: Drawing, note: str) -> None:
        super().__init__()
        self.env, self.draft, self.drawing = env, draft, drawing
        self.trial: Draft | None = None
        self.note = note
        self.width = 0
        """The width of the line, 0 for that of the terminal."""

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        glyphs = self.drawing.glyphs
        yield Lines(id="title")
        yield Lines(id="line")
        yield Hints(id="tabs", classes="ruled")
        with ContentSwitcher(initial="presets", id="pages"):
            yield Presets(glyphs, id="presets")
            yield Font(glyphs, id="font")
            yield Themes(glyphs, id="themes")
            with Horizontal(id="segments"):
                yield SegmentList(glyphs, id="list")
                with Vertical(id="details"):
                    yield Lines(id="segment")
                    yield Options(glyphs, id="options")
            yield Options(glyphs, id="settings")
        yield Lines(id="help", classes="ruled")
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Show the presets first."""
        self.action_page("presets")

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.redraw()

    # The pages

    @property
    def page(self) -> str:
        """The name of the page on the screen."""
        return self.query_one("#pages", ContentSwitcher).current or PAGES[0]

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

    def redraw(self, *, at_current: bool = False) -> None:
        """Draw the line, the page and the keys."""
        page = self.query_one(f"#{self.page}")
        columns = self.size.width
        if isinstance(page, Gallery):
            current = page.current(self.draft) if at_current else ""
            page.fill(page.items(self.draft, self.drawing, columns), current)
        elif isinstance(page, Options):
            page.list_keys(SETTINGS, self.draft)
        else:
            self.query_one(SegmentList).list_segments(self.draft, self.drawing)
            self._draw_segment()
        self._draw_line()
        self._draw_keys()

    def _draw_line(self) -> None:
        glyphs = self.drawing.glyphs
        shown = self.trial or self.draft
        columns = min(self.width or self.size.width, self.size.width)
        lines = self.drawing.line(shown.values, columns) or [Text("  (nothing to show)", "dim")]
        numbers = "your numbers" if self.drawing.numbers else "sample numbers"
        about = f"{numbers} {glyphs.dot} {columns} columns"
        name = Text.assemble((" usageline", "bold"))
        if self.trial is not None and self.trial.text != self.draft.text:
            name.append(f" {glyphs.dot} trying {self._key()}: Enter takes it", "yellow")
        elif self.draft.is_changed:
            name.append(f" {glyphs.dot} not saved yet", "yellow")
        gap = max(self.size.width - name.cell_len - len(about) - 1, 1)
        self.query_one("#title", Lines).show([Text.assemble(name, " " * gap, (about, "dim"))])
        line = self.query_one("#line", Lines)
        line.styles.height = len(lines) + 2
        line.show([Text(), *lines])

    def _draw_keys(self) -> None:
        glyphs = self.drawing.glyphs
        self.query_one("#tabs", Hints).hint(
            [
                (str(number), page.capitalize(), f"screen.page('{page}')")
                for number, page in enumerate(PAGES, 1)
            ],
            f"screen.page('{self.page}')",
        )
        own = {
            "segments": [
                ("Space", "add/remove", "screen.arrange('toggle')"),
                ("K", "up", "screen.arrange('up')"),
                ("J", "down", "screen.arrange('down')"),
                ("n", "new row", "screen.arrange('split')"),
                ("Enter", "options", "screen.options"),
            ],
            "settings": [(glyphs.left_right, "change", "screen.step_value(1)")],
        }.get(self.page, [("Enter", "use it", "screen.choose")])
        if self.page == "segments" and self.query_one("#options").has_focus:
            own = [
                (glyphs.left_right, "change", "screen.step_value(1)"),
                ("Esc", "segments", "screen.back"),
            ]
        keys = [*own, ("u", "undo", "screen.undo"), ("s", "save", "screen.save")]
        self.query_one("#keys", Hints).hint([*keys, ("q", "quit", "screen.leave")])
        self._draw_help()

    def _draw_help(self) -> None:
        page = self.query_one(f"#{self.page}")
        text = self.note
        if not text and isinstance(page, Gallery):
            text = page.about(page.key)
        elif not text and isinstance(page, Options):
            text = help_for(page.key)
        elif not text:
            options = self.query_one("#options", Options)
            name = self.query_one(SegmentList).name_in(self.draft)
            text = help_for(options.key) if options.has_focus else _about(name)
        width = max(self.size.width - 2, 20)
        style = "bold yellow" if self.note else "dim"
        lines = Text(text).wrap(self.app.console, width)[:2]
        help_lines = self.query_one("#help", Lines)
        help_lines.show(
            [Text.assemble(" ", (self.drawing.shown(line).plain, style)) for line in lines]
        )

    def _draw_segment(self) -> None:
        name = self.query_one(SegmentList).name_in(self.draft)
        if not name:
            return
        alone = self.draft.values._replace(top={**self.draft.values.top, "rows": [[name]]})
        width = max(self.query_one("#details").size.width, 30)
        drawn = self.drawing.line(alone, width + 4, sample=True) or [
            Text("  (nothing to show)", "dim")
        ]
        self.query_one("#segment", Lines).show([Text(f"  {name}", "bold"), drawn[0], Text()])
        self.query_one("#options", Options).list_keys(
            option_keys(name), self.draft, f"segments.{name}."
        )

    def _key(self) -> str:
        page = self.query_one(f"#{self.page}")
        return page.key if isinstance(page, Choices) else ""

    # What the user does

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

    @on(Choices.Highlighted)
    def try_item(self, event: Choices.Highlighted) -> None:
        """Draw the line with the item under the cursor."""
        self.note = ""
        if isinstance(event.choices, Gallery) and event.choices.id == self.page:
            self.trial = event.choices.with_item(self.draft, event.key)
            self._draw_line()
        elif isinstance(event.choices, SegmentList):
            self._draw_segment()
        self._draw_help()

    @on(Choices.Chosen)
    def take_item(self, event: Choices.Chosen) -> None:
        """Take the item under the cursor, or show the options of a segment."""
        choices = event.choices
        if isinstance(choices, Gallery):
            self.edit(lambda draft: choices.with_item(draft, event.key))
        elif isinstance(choices, SegmentList):
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

    @on(SegmentList.Arranged)
    def arrange_segment(self, event: SegmentList.Arranged) -> None:
        """Add, remove or move the segment under the cursor."""
        self.action_arrange(event.what)

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
            key = f"{now[0]}.{now[1]}" if now else f"+.{name}"
            segments.list_segments(self.draft, self.drawing, key)
            self._draw_segment()

    @on(Options.Changed)
    def change_value(self, event: Options.Changed) -> None:
        """Set the next value of a key, or ask for it."""
        schema = find_key(event.key)
        if schema is None:
            return
        value = next_value(schema.type, self.draft.value(event.key), event.step)
        if value is None:
            self._type_value(event.key)
        else:
            self.edit(lambda draft: draft.set(event.key, value))

    def action_step_value(self, step: int) -> None:
        """Change the value under the cursor."""
        if isinstance(self.focused, Options):
            self.focused.action_change(step)

    def _type_value(self, key: str) -> None:
        def why_not(text: str) -> str:
            try:
                self.draft.set_typed(key, text)
            except REFUSALS as refused:
                return refusal(refused)
            return ""

        def typed(text: str | None) -> None:
            if text:
                self.edit(lambda draft: draft.set_typed(key, text))

        value = as_typed(self.draft.value(key))
        self.app.push_screen(
            Typing(key, help_for(key), value, why_not, self.drawing.glyphs.border), typed
        )

    def action_undo(self) -> None:
        """Take back the last change."""
        self.edit(lambda draft: draft.undo())

    def action_redo(self) -> None:
        """Do again what was taken back."""
        self.edit(lambda draft: draft.redo())

    def action_other_width(self) -> None:
        """Draw the line for another width: that of a narrower terminal."""
        narrower = [width for width in WIDTHS if width < self.size.width]
        self.width = next((width for width in narrower if width > self.width), 0)
        self.redraw()

    def action_other_numbers(self) -> None:
        """Draw the line with the sample's numbers, or the user's again."""
        self.drawing.numbers = None if self.drawing.numbers else self.drawing.own
        self.redraw()

    # The end

    def action_save(self) -> None:
        """Show what will be written, and write it if the user agrees."""
        if not self.draft.is_changed:
            self.note = "Nothing is changed yet."
            self._draw_help()
            return
        path = short(paths.config_file(self.env), self.env)
        lines = [Text(f"Write {path}?", "bold"), Text(), *diff_lines(self.draft.diff()), Text()]
        answers = [("Enter", "write it", "write"), ("Esc", "back", "")]
        self.app.push_screen(Question(lines, answers, self.drawing.glyphs.border), self._write)

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
        """Leave the options of a segment, or the picker."""
        if self.page == "segments" and self.query_one("#options").has_focus:
            self.query_one("#list").focus()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """End without saving; ask first if there are changes."""
        if not self.draft.is_changed:
            self.app.exit(None)
            return
        lines = [Text("You have changes that are not saved.", "bold"), Text()]
        answers = [("s", "save", "save"), ("d", "discard", "discard"), ("Esc", "back", "")]
        self.app.push_screen(Question(lines, answers, self.drawing.glyphs.border), self._left)

    def _left(self, answer: str | None) -> None:
        if answer == "discard":
            self.app.exit(None)
        elif answer == "save":
            self.action_save()


class Picker(App["Draft"]):
    """The picker. It returns the draft that was saved, or None."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "cancel", show=False, priority=True)
    ]
    CSS = """
    #title { height: 1; }
    #line { height: 3; }
    #tabs { height: 2; }
    #pages { height: 1fr; }
    #presets, #font, #themes, #settings, #list, #options { height: 1fr; }
    #list { width: 30; }
    #details { width: 1fr; }
    #segment { height: 3; }
    #help { height: 3; }
    #keys { height: 1; }
    .ruled { border-bottom: solid ansi_bright_black; }
    #help { border-bottom: none; border-top: solid ansi_bright_black; }
    .-ascii .ruled { border-bottom: ascii ansi_default; }
    .-ascii #help { border-bottom: none; border-top: ascii ansi_default; }
    ModalScreen { align: center middle; background: transparent; }
    #box { width: 100; max-width: 100%; height: auto; padding: 0 2; background: ansi_default; }
    #box.round { border: round ansi_cyan; }
    #box.ascii { border: ascii ansi_default; }
    #content { height: auto; }
    #answers { height: 1; }
    #refusal { height: 0; }
    Input { background: ansi_default; text-style: underline; }
    """

    def __init__(self, env: dict[str, str], draft: Draft, drawing: Drawing, note: str = "") -> None:
        super().__init__()
        self.theme = "ansi-dark"
        self._main = Main(env, draft, drawing, note)
        self._main.set_class(not drawing.is_unicode, "-ascii")

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen with everything but the questions."""
        return self._main

    def action_cancel(self) -> None:
        """End at once without saving."""
        self.exit(None)

    def _fatal_error(self) -> None:
        """End after an exception, without the traceback that Textual prints."""
        self._close_messages_no_wait()

    def raise_failure(self) -> None:
        """Raise the exception that ended the picker, if one did."""
        if self._exception is not None:
            raise self._exception


def refusal(problem: Exception) -> str:
    """Return why a change is not possible, for the screen."""
    if isinstance(problem, edit.EditRejected):
        return "; ".join(sanitize(item.message("")) for item in problem.problems)
    return str(sanitize(str(problem)))


def _about(name: str) -> str:
    return f"{name}: {SEGMENTS[name.partition('.')[0]].doc}" if name else ""
