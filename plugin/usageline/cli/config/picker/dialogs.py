"""The picker's questions: save, leave, and type a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from usageline.cli.config.picker.lines import Hints, Lines
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

MAX_LINES = 14
MAX_CELLS = 100
COLORS = {"+": "green", "-": "red"}


class Question(ModalScreen[str]):
    """A box with lines and answers. It returns the answer's word, "" for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer('')", show=False),
        Binding("enter", "answer('first')", show=False),
    ]

    def __init__(
        self, lines: Sequence[Text], answers: Sequence[tuple[str, str, str]], border: str
    ) -> None:
        """`answers` are keys, their meaning, and the words that they return."""
        super().__init__()
        self._content = list(lines)
        self._answers = answers
        self._border = border
        for key, _, word in answers:
            if len(key) == 1:
                self._bindings.bind(key, f"answer('{word}')", show=False)

    def compose(self) -> ComposeResult:
        """Show the lines above the answers."""
        with Vertical(id="box", classes=self._border):
            yield Lines(id="content")
            yield Hints(id="answers")

    def on_mount(self) -> None:
        """Fit the box to its lines."""
        content = self.query_one("#content", Lines)
        width = _width(self.app.size.width)
        lines = [part for line in self._content for part in line.wrap(self.app.console, width)]
        content.styles.height = min(len(lines), max(self.app.size.height - 4, 3))
        content.show(lines)
        self.query_one("#answers", Hints).hint(
            [(key, meaning, f"screen.answer('{word}')") for key, meaning, word in self._answers]
        )

    def action_answer(self, word: str) -> None:
        """Close the box with an answer."""
        self.dismiss(self._answers[0][2] if word == "first" else word)


class Typing(ModalScreen["str | None"]):
    """A box in which the user types a value. It returns the text if `refusal` returns "" for it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(
        self, title: str, about: str, value: str, refusal: Callable[[str], str], border: str
    ) -> None:
        super().__init__()
        self._title, self._about, self._value = title, about, value
        self._refusal, self._border = refusal, border

    def compose(self) -> ComposeResult:
        """Show the key, what it allows, and the value."""
        with Vertical(id="box", classes=self._border):
            yield Lines(id="content")
            yield Input(self._value, id="value", compact=True, select_on_focus=False)
            yield Lines(id="refusal")
            yield Hints(id="answers")

    def on_mount(self) -> None:
        """Wrap what the key allows to the width of the box."""
        width = _width(self.app.size.width)
        about = Text(self._about, "dim").wrap(self.app.console, width)
        content = self.query_one("#content", Lines)
        content.styles.height = len(about) + 2
        content.show([Text(self._title, "bold"), *about, Text()])
        self.query_one("#answers", Hints).hint(
            [
                ("Enter", "use it; empty for the default", "screen.take"),
                ("Esc", "back", "screen.cancel"),
            ]
        )

    def on_input_submitted(self) -> None:
        """Take the value if it is allowed."""
        self.action_take()

    def action_take(self) -> None:
        """Return the value, or show why it is not allowed."""
        value = self.query_one(Input).value
        refusal = self._refusal(value)
        if not refusal:
            self.dismiss(value)
            return
        box = self.query_one("#refusal", Lines)
        width = max(box.size.width, 20)
        lines = Text(refusal, "bold red").wrap(self.app.console, width)[:4]
        box.styles.height = len(lines)
        box.show(lines)

    def action_cancel(self) -> None:
        """Close the box without a value."""
        self.dismiss(None)


def _width(columns: int) -> int:
    """Return the width of a box on a screen of that many columns."""
    return max(min(columns, MAX_CELLS) - 6, 20)


def diff_lines(diff: Sequence[str]) -> list[Text]:
    """Return the lines of a diff in their colors, shortened in the middle of a long one."""
    shown = list(map(sanitize, diff))
    if len(shown) > MAX_LINES - 3:
        rest = len(shown) - (MAX_LINES - 4)
        shown = [*shown[: MAX_LINES - 4], f"  ({rest} more lines)"]
    return [Text(line, COLORS.get(line[:1], "dim")) for line in shown]
