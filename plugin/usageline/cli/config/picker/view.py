"""What is on the picker's screen: the line on top, a page of choices, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from usageline.cli.config.picker.lines import Choices, Hints, Lines, Listener
from usageline.cli.config.picker.lists import Options, SegmentList, help_for, option_keys
from usageline.cli.config.picker.pages import SETTINGS, Font, Gallery, Presets, Themes
from usageline.config.segments import SEGMENTS

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from usageline.cli.config.picker.draft import Draft
    from usageline.cli.config.picker.drawing import Drawing

PAGES = ("presets", "font", "themes", "segments", "settings")

MIN_HEIGHT = 18
"""On a lower screen the help is left out, and the blank rows around the line."""

MIN_TABS_WIDTH = 64
"""On a narrower screen only the open page has its name beside its key."""

OTHER_ROWS = 7
"""Rows of the screen besides the line, with three for the page."""


class View(Listener, Screen[None]):
    """The widgets of the main screen, drawn from the draft."""

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
        yield Hints(id="tabs")
        yield Lines(id="upper", classes="rule")
        with ContentSwitcher(initial="presets", id="pages"):
            yield Presets(glyphs, self, id="presets")
            yield Font(glyphs, self, id="font")
            yield Themes(glyphs, self, id="themes")
            with Horizontal(id="segments"):
                yield SegmentList(glyphs, self, id="list")
                with Vertical(id="details"):
                    yield Lines(id="segment")
                    yield Options(glyphs, self, id="options")
            yield Options(glyphs, self, id="settings")
        yield Lines(id="lower", classes="rule")
        yield Lines(id="help")
        yield Hints(id="keys")

    @property
    def page(self) -> str:
        """The name of the page on the screen."""
        return self.query_one("#pages", ContentSwitcher).current or PAGES[0]

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
        for rule in self.query(".rule").results(Lines):
            rule.show([Text(self.drawing.glyphs.rule * columns, "dim")])
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
            key = self.query_one(f"#{self.page}", Choices).key
            name.append(f" {glyphs.dot} trying {key}: Enter takes it", "yellow")
        elif self.draft.is_changed:
            name.append(f" {glyphs.dot} not saved yet", "yellow")
        gap = max(self.size.width - name.cell_len - len(about) - 1, 1)
        self.query_one("#title", Lines).show([Text.assemble(name, " " * gap, (about, "dim"))])
        line = self.query_one("#line", Lines)
        is_short = self.size.height < MIN_HEIGHT
        above = [] if is_short else [Text()]
        lines = [*above, *lines[: max(self.size.height - OTHER_ROWS, 1)]]
        line.styles.height = len(lines) + len(above)
        line.show(lines)
        self.set_class(is_short, "-short")

    def _draw_keys(self) -> None:
        glyphs = self.drawing.glyphs
        is_wide = self.size.width >= MIN_TABS_WIDTH
        tabs = []
        for number, page in enumerate(PAGES, 1):
            name = page.capitalize() if page == self.page or is_wide else ""
            tabs.append((str(number), name, f"screen.page('{page}')"))
        tabs.append(("?", "keys", "screen.keys"))
        self.query_one("#tabs", Hints).hint(tabs, f"screen.page('{self.page}')")
        change = [
            (glyphs.left_right, "change", "screen.step_value(1)"),
            ("Enter", "type or change", "screen.choose"),
        ]
        own = {
            "segments": [
                ("Space", "on/off", "screen.arrange('toggle')"),
                ("K", "up", "screen.arrange('up')"),
                ("J", "down", "screen.arrange('down')"),
                ("n", "new row", "screen.arrange('split')"),
                ("Enter", "options", "screen.options"),
            ],
            "settings": change,
        }.get(self.page, [("Enter", "use it", "screen.choose")])
        if self.page == "segments" and self.query_one("#options").has_focus:
            own = [*change, ("Esc", "segments", "screen.back")]
        keys = [*own, ("u", "undo", "screen.undo"), ("s", "save", "screen.save")]
        self.query_one("#keys", Hints).hint([*keys, ("q", "quit", "screen.leave")])
        self._draw_help()

    def _draw_help(self) -> None:
        page = self.query_one(f"#{self.page}")
        text = self.note
        if not text and isinstance(page, Gallery):
            text = page.about(page.key, self.draft)
        elif not text and isinstance(page, Options):
            text = help_for(page.key)
        elif not text:
            options = self.query_one("#options", Options)
            name = self.query_one(SegmentList).name_in(self.draft)
            about = f"{name}: {SEGMENTS[name.partition('.')[0]].doc}" if name else ""
            text = help_for(options.key) if options.has_focus else about
        width = max(self.size.width - 2, 20)
        style = "bold yellow" if self.note else "dim"
        lines = Text(text).wrap(self.app.console, width)[:2]
        help_lines = self.query_one("#help", Lines)
        help_lines.show(
            [Text.assemble(" ", (self.drawing.displayable(line).plain, style)) for line in lines]
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
            [("", option_keys(name))], self.draft, f"segments.{name}."
        )
