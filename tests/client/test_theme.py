"""After `/theme` in the client, the line has the palette of the new theme without a refresh."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.client.cells import rows, text_of
from usageline.line._defaults import THEME

if TYPE_CHECKING:
    from tests.client.sandbox import Sandbox
    from tests.client.terminal import Terminal

MARK = "credits"
SECONDS = 15


def label_color(terminal: Terminal) -> str:
    """Return the color of the line's label, as `rrggbb`, or "" if there is no line."""
    for row in rows(terminal.screen(colors=True), 160):
        if MARK in text_of(row):
            return row[text_of(row).index(MARK)].ink
    return ""


def wanted_color(codes: str) -> str:
    """Return the color of SGR codes as `label_color` does."""
    return "".join(f"{int(channel):02x}" for channel in codes.split(";")[-3:])


def wait_for_color(terminal: Terminal, color: str) -> None:
    """Wait until the label has that color."""
    end = time.monotonic() + SECONDS
    while label_color(terminal) != color:
        assert time.monotonic() < end, (label_color(terminal), color)
        time.sleep(0.05)


def test_line_follows_a_theme_chosen_in_the_client(installed: Sandbox) -> None:
    """`/theme` writes settings.json, and the next line shows it: no refresh is due for minutes."""
    terminal = installed.start("theme", columns=160, env={"COLORTERM": "truecolor"})
    terminal.wait_for("37%")
    dark, light = (
        wanted_color(styles["true"]["label"]) for styles in (THEME["styles"], THEME["light"])
    )
    wait_for_color(terminal, dark)
    published = installed.world.snapshot()["published_at"]
    choose(terminal, "Down", "light")
    wait_for_color(terminal, light)
    assert json.loads(installed.settings.read_text())["theme"] == "light"
    choose(terminal, "Up", "dark")
    wait_for_color(terminal, dark)
    assert installed.world.snapshot()["published_at"] == published


def choose(terminal: Terminal, key: str, theme: str) -> None:
    """Choose the theme that lies in the direction of `key` from the current one."""
    terminal.enter("/theme")
    terminal.wait_for("Enter to select")
    terminal.keys(key)
    terminal.wait_for(f"❯   {theme.title()} mode\n")
    terminal.keys("Enter")
    terminal.wait_for(f"Theme set to {theme}\n")
