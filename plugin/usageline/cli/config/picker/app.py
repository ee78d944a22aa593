"""The picker as a program: its colors and layout, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding

from usageline.cli.config.picker.main_screen import Main

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.screen import Screen

    from usageline.cli.config.picker.draft import Draft
    from usageline.cli.config.picker.drawing import Drawing


class Picker(App["Draft"]):
    """The picker. It returns the draft that was saved, or None."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "cancel", show=False, priority=True)
    ]
    CSS = """
    Screen { overflow: hidden hidden; }
    #title { height: 1; }
    #line { height: 3; }
    #tabs { height: 1; }
    .rule { height: 1; }
    #pages { height: 1fr; }
    #presets, #font, #themes, #settings, #list, #options { height: 1fr; }
    #list { width: 30; }
    #details { width: 1fr; }
    #segment { height: 3; }
    #help { height: 2; }
    #keys { height: 1; }
    .-short #help, .-short #lower { display: none; }
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
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.signal = 0
        """The signal that ended the picker."""
        self._main = Main(env, draft, drawing, note)

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen with everything but the questions."""
        return self._main

    def on_mount(self) -> None:
        """End after a signal as after a key, so that the terminal is restored."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._end_by_signal, number)

    def _end_by_signal(self, number: int) -> None:
        self.signal = number
        self.exit(None)

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
