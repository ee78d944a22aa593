"""The pages of the picker: presets, font, themes, segments and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from rich.text import Text

from usageline import themes
from usageline.cli.config import preview
from usageline.cli.config.picker.lines import Choices, Item
from usageline.config import presets
from usageline.config.schema import ALERTS, CHAIN

if TYPE_CHECKING:
    from usageline.cli.config.picker.draft import Draft
    from usageline.cli.config.picker.drawing import Drawing

NAME_CELLS = 22
ARROW = "\ue0b0"
BRANCH = "\ue0a0"
SETTINGS = (
    ("the line", ("clock", "nerd_font", "color", "separator", "wrap", "max_rows", "fold")),
    ("alerts", tuple(f"alerts.{name}" for name in ALERTS)),
    ("another status line beside this one", tuple(f"chain.{name}" for name in CHAIN)),
    ("the refresh", ("ttl", "sources", "client")),
    ("tokens and cost", ("local.enabled", "local.keep_days", "local.roots")),
)
"""The keys of the last page, by heading. Theme and rows have pages of their own.

Prices are a table of tables, which no single value sets.
"""


class Presets(Choices):
    """Ready-made lines."""

    def items(self, draft: Draft, drawing: Drawing, columns: int) -> list[Item]:
        """Return each preset with the rows that it draws."""
        items = []
        for preset in presets.PRESETS:
            head = title(preset.name, preset.name == draft.preset, drawing, preset.about)
            rows = drawing.line(draft.use_preset(preset.name).values, columns)
            shown = [Text("  ") + _without_indent(row) for row in rows]
            items += [Item(preset.name, [head, *shown]), Item("", [Text()])]
        return items[:-1]

    def with_item(self, draft: Draft, key: str) -> Draft:
        """Return the draft with a preset."""
        return draft.use_preset(key)

    def current(self, draft: Draft) -> str:
        """Return the preset that the draft equals, "" for another line."""
        return draft.preset

    def about(self, key: str, draft: Draft) -> str:
        """Return what a preset changes."""
        preset = presets.find(key)
        if preset is None:
            return ""
        rows = "its rows replace yours" if preset.rows else "the default rows replace yours"
        used = draft.values.get("theme")
        changed = presets.changes(preset, used, draft.rows)
        theme = f"the theme {used} stays"
        if "theme" in changed:
            theme = f"with the theme {preset.theme}" if preset.theme else f"{used} goes"
        return f"{key}: {rows}, {theme}. Options of segments stay."


class Font(Choices):
    """Whether the terminal's font has the glyphs of a Nerd Font, and those of bars."""

    def items(self, draft: Draft, drawing: Drawing, columns: int) -> list[Item]:  # noqa: ARG002
        """Return two questions, each with its answers."""
        sample = Text(f"    here {ARROW} there   {BRANCH} main", "bold")
        bars = Text("    ███▋░░╎░░░ 37%  │  ↻ 2h00m", "bold")
        nerd, plain = bool(draft.value("nerd_font")), draft.value("theme") == "ascii"
        heading = Text("Do you see an arrow and a branch here?", "bold")
        if not drawing.is_unicode:
            heading.append("\n  This terminal is set to ASCII: they cannot be shown.", "dim")
        return [
            Item("", [*heading.split(), Text(), drawing.displayable(sample), Text()]),
            Item("arrow", [title("Yes", nerd, drawing, "icons, and arrows in powerline")]),
            Item("no arrow", [title("No", not nerd, drawing, "a box, a question mark, a gap")]),
            Item("", [Text(), Text("Do you see a bar and a line here?", "bold"), Text()]),
            Item("", [drawing.displayable(bars), Text()]),
            Item("bar", [title("Yes", not plain, drawing, "every theme works here")]),
            Item("no bar", [title("No", plain, drawing, "the theme ascii is right")]),
        ]

    def with_item(self, draft: Draft, key: str) -> Draft:
        """Return the draft with an answer."""
        if key.endswith("arrow"):
            return draft.set("nerd_font", key == "arrow")
        if key == "no bar":
            return draft.set("theme", "ascii")
        return draft.set("theme", "default") if draft.value("theme") == "ascii" else draft

    def current(self, draft: Draft) -> str:
        """Return the answer that the draft has."""
        return "arrow" if draft.value("nerd_font") else "no arrow"

    def about(self, key: str, draft: Draft) -> str:  # noqa: ARG002
        """Return what an answer changes."""
        if key.endswith("arrow"):
            return "Icons and arrows need a Nerd Font in the terminal: nerd_font = true"
        return 'Without these characters the line can use ASCII: theme = "ascii"'


class Themes(Choices):
    """The themes, each with a short line in its colors."""

    def items(self, draft: Draft, drawing: Drawing, columns: int) -> list[Item]:
        """Return each theme in one line."""
        used = draft.values.get("theme")
        values = preview.with_sample_rows(draft.values)
        width = max(columns - NAME_CELLS - 4, 20)
        items = []
        for name in themes.NAMES:
            rows = drawing.line(preview.with_theme(values, name), width, sample=True)[:1]
            head = title(f"{name:{NAME_CELLS}}", name == used, drawing)
            items.append(Item(name, [Text.assemble(head, *map(_without_indent, rows))]))
        return items

    def with_item(self, draft: Draft, key: str) -> Draft:
        """Return the draft with a theme."""
        return draft.set("theme", key)

    def current(self, draft: Draft) -> str:
        """Return the theme of the draft."""
        return str(draft.values.get("theme"))

    def about(self, key: str, draft: Draft) -> str:  # noqa: ARG002
        """Return the lines that show a theme."""
        return f"{key}: {themes.find(key).about}"


Gallery: TypeAlias = Presets | Font | Themes
"""Items to try: the line on top shows the one under the cursor, and Enter takes it."""


def title(name: str, is_used: bool, drawing: Drawing, about: str = "") -> Text:
    """Return the title of an item, with a mark if it is in use."""
    mark = f"{drawing.glyphs.in_use} " if is_used else "  "
    return Text.assemble(
        (mark, "bold green"),
        (name, "bold green" if is_used else "bold"),
        (f"   {about}" if about else "", "dim"),
    )


def _without_indent(row: Text) -> Text:
    return row[len(preview.INDENT) :]
