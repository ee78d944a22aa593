"""The widgets and keys of the dashboard. Only this module imports Textual."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from usageline.cli.dashboard import drawing
from usageline.cli.dashboard.page import GAP, Page, arrange

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.text import Text
    from textual.binding import BindingType

    from usageline.cli.dashboard.data import Data
    from usageline.cli.dashboard.model import Line

TICK_S = 1.0
MESSAGE_S = 8.0
CHROME_ROWS = 4
"""The header and the footer, each with an empty row."""

KEYS = "q quit  r refresh  t theme  ? help"
SHORT_KEYS = "q r t ?"
MIN_KEYS_WIDTH = 60
MORE = "more below"


class Dashboard(App[int]):
    """The dashboard of one profile. It ends when `is_wanted` returns False."""

    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    Screen {{ background: ansi_default; color: ansi_default; layout: vertical; padding: 0 1; }}
    Static {{ background: ansi_default; color: ansi_default; }}
    VerticalScroll {{ background: ansi_default; scrollbar-size: 0 0; }}
    #head, #foot {{ height: 1; }}
    #body {{ height: 1fr; margin: 1 0; }}
    #right {{ margin-left: {GAP}; width: 1fr; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("q,Q,escape,ctrl+c,ctrl+q", "leave", "quit"),
        ("r,R", "renew", "refresh"),
        ("t,T", "next_theme", "theme"),
        ("question_mark,h", "toggle_help", "help"),
        ("down,right,j", "choose(1)", "next limit"),
        ("up,left,k", "choose(-1)", "previous limit"),
        ("pagedown", "page(1)", ""),
        ("pageup", "page(-1)", ""),
        ("ctrl+z", "suspend_process", "suspend"),
    ]

    def __init__(
        self, data: Data, is_wanted: Callable[[], bool], pause: Callable[[], None]
    ) -> None:
        super().__init__(ansi_color=True)
        self.failure: Exception | None = None
        self._data = data
        self._is_wanted = is_wanted
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._pause = pause
        self._chosen = 0
        self._meters = 0
        self._is_help = False
        self._is_renewing = False
        self._message: Line = ("quiet", "")
        self._message_until = 0.0
        self._page: Page | None = None
        self._drawn: dict[str, object] = {}

    def _handle_exception(self, error: Exception) -> None:
        """End with a return code instead of a traceback on the terminal."""
        self.failure = error
        self.exit(return_code=1)

    def compose(self) -> ComposeResult:
        """Yield the header, the two columns and the footer."""
        yield Static(id="head")
        with Horizontal(id="body"):
            with VerticalScroll(id="left", can_focus=False):
                yield Static(id="left-rows")
            with VerticalScroll(id="right", can_focus=False):
                yield Static(id="right-rows")
        yield Static(id="foot")

    def on_mount(self) -> None:
        """Draw once, and then each second."""
        self._event_loop = asyncio.get_running_loop()
        self.tick()
        self.set_interval(TICK_S, self.tick)

    def on_resize(self) -> None:
        """Arrange everything for the new size."""
        self.draw()

    def tick(self) -> None:
        """Draw the time, and what has changed. End if the terminal was closed."""
        if self._is_wanted():
            self.draw()
        else:
            self.exit(0)

    def end_soon(self) -> None:
        """End, from a signal handler: it may run while the loop waits."""
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(self.exit, 0)

    def draw(self) -> None:
        """Read the snapshot, and draw all of it."""
        now = time.time()
        snapshot = self._data.snapshot()
        look = self._data.look(snapshot)
        if self._data.needs_history(snapshot, now):
            self._read("history", lambda: self._data.read_history(snapshot))
        if self._data.needs_costs(now):
            self._read("costs", self._data.read_costs)
        view = self._data.view(snapshot, look, now)
        self._meters = len(view.meters)
        self._chosen = min(self._chosen, max(self._meters - 1, 0))
        width, height = max(self.size.width - 2, 10), max(self.size.height - CHROME_ROWS, 1)
        page = arrange(view, width, height, self._chosen, look)
        if self._is_help:
            page = Page(drawing.help_lines(width, look), [], width, (0, 0), (0, 0))
        self._page = page
        self._put("#head", [drawing.header(view, width, look)])
        self._put("#left-rows", page.left)
        self._put("#right-rows", page.right)
        self.query_one("#left").styles.width = page.left_width
        self.query_one("#right").display = bool(page.right)
        keys = KEYS if width >= MIN_KEYS_WIDTH else SHORT_KEYS
        message = self._message if now < self._message_until else ("quiet", "")
        hidden = len(page.left) - height - round(self.query_one("#left").scroll_y)
        if not message[1] and hidden > 0:
            message = ("quiet", MORE)
        self._put("#foot", [drawing.footer(keys, message, width, look)])

    def action_leave(self) -> None:
        """Quit, or close the help."""
        if self._is_help:
            self.action_toggle_help()
        else:
            self.exit(0)

    def action_help_quit(self) -> None:
        """Quit: Textual's own binding of Ctrl-C would only explain how to."""
        self.exit(0)

    def action_toggle_help(self) -> None:
        """Show or hide the help."""
        self._is_help = not self._is_help
        self.query_one("#left").scroll_to(y=0, animate=False)
        self.draw()

    def action_next_theme(self) -> None:
        """Show the next theme."""
        name = self._data.next_theme()
        self.notice("plain", f"theme {name}: keep it with `usageline config set theme {name}`")

    def action_renew(self) -> None:
        """Refresh in the background, and then show how that ended."""
        if self._is_renewing:
            return
        self._is_renewing = True
        self.notice("plain", "refreshing")
        self.run_worker(self._renew, thread=True, group="refresh")

    def action_choose(self, step: int) -> None:
        """Choose the next or the previous limit, and scroll to it; past the end, scroll on."""
        chosen = self._chosen + step
        left, right = self.query_one("#left"), self.query_one("#right")
        if self._is_help or not 0 <= chosen < self._meters:
            left.scroll_relative(y=step * 3, animate=False)
            self.call_after_refresh(self.draw)
            return
        self._chosen = chosen
        self.draw()
        if self._page is not None:
            for column, (first, last) in (
                (left, self._page.left_focus),
                (right, self._page.right_focus),
            ):
                height = column.size.height
                if first < column.scroll_y or last > column.scroll_y + height:
                    column.scroll_to(
                        y=max(first - 1, 0) if step < 0 else last - height, animate=False
                    )
        self.call_after_refresh(self.draw)

    def action_page(self, step: int) -> None:
        """Scroll by a screen."""
        for name in ("#left", "#right"):
            column = self.query_one(name)
            column.scroll_relative(y=step * max(column.size.height - 1, 1), animate=False)
        self.call_after_refresh(self.draw)

    def action_suspend_process(self) -> None:
        """Restore the shell's screen and stop, until the shell continues this process."""
        with self.suspend():
            self._pause()
        self.refresh(layout=True)

    def notice(self, style: str, text: str) -> None:
        """Show a message in the footer for a while."""
        self._message, self._message_until = (style, text), time.time() + MESSAGE_S
        self.draw()

    def _renew(self) -> None:
        try:
            text = self._data.refresh_now(self._data.snapshot())
        finally:
            self._is_renewing = False
        self.call_from_thread(self.notice, "plain", text)

    def _read(self, group: str, read: Callable[[], None]) -> None:
        """Read in a thread, and then draw."""

        def work() -> None:
            read()
            self.call_from_thread(self.draw)

        self.run_worker(work, thread=True, exclusive=True, group=group)

    def _put(self, name: str, lines: list[Text]) -> None:
        key = [(line.plain, line.spans, line.style) for line in lines]
        if self._drawn.get(name) == key:
            return  # an update would send all of it to the terminal again
        self._drawn[name] = key
        for line in lines:
            line.no_wrap, line.overflow = True, "crop"
        # A group keeps rich's colors: Textual would convert those of a text to its own.
        self.query_one(name, Static).update(Group(*lines))
