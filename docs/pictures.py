"""Draws the README's pictures from the real status line: `tests/run pictures`.

Each picture is the output of one run of the hot side, in a world made for it, as rich renders the escapes that it printed.
"""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from hot import Hot
from world import World, build_release

LIGHT = TerminalTheme(
    (255, 255, 255),
    (40, 40, 40),
    [(0, 0, 0), (178, 34, 34), (0, 120, 50), (160, 110, 0), (30, 80, 180), (140, 40, 140), (0, 120, 130), (120, 120, 120)],
)
DARK = TerminalTheme(
    (24, 26, 32),
    (220, 223, 228),
    [(24, 26, 32), (240, 90, 90), (110, 200, 120), (230, 190, 90), (100, 150, 240), (200, 120, 220), (90, 200, 210), (220, 223, 228)],
)
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect width="{width}" height="{height}" rx="8" fill="BACKGROUND"/>
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def payload() -> dict[str, object]:
    """A session in its first message."""
    now = int(time.time())
    windows = {
        "five_hour": {"used_percentage": 37, "resets_at": now + 7190},
        "seven_day": {"used_percentage": 81, "resets_at": now + 200_000},
    }
    return {"model": {"display_name": "Opus 5.5"}, "context_window": {"used_percentage": 12}, "rate_limits": windows}


def lines(hot: Hot) -> list[str]:
    """The line of one sign-in: wide, at 80 columns, and when the API cannot be reached."""
    hot.publish()
    colour = {"NO_COLOR": None, "TERM": "xterm-256color"}
    wide, narrow = hot.line(payload(), COLUMNS="160", **colour), hot.line(payload(), COLUMNS="80", **colour)
    hot.publish(status="offline", observed_at=int(time.time()) - 720)
    return [wide, narrow, hot.line(COLUMNS="160", **colour)]


def draw(drawn: list[str], theme: TerminalTheme, path: Path) -> None:
    """Write the lines as an SVG of one terminal."""
    console = Console(record=True, width=122, file=io.StringIO(), force_terminal=True, color_system="standard", legacy_windows=False)
    for line in drawn:
        console.print(Text.from_ansi(line))
        console.print()
    svg = console.export_svg(theme=theme, code_format=SVG.replace("BACKGROUND", theme.background_color.hex), unique_id="usageline")
    path.write_text(svg)


def main() -> None:
    """Draw both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        hot = Hot(World(Path(folder) / "world"), build_release(Path(folder) / "release"))
        drawn = lines(hot)
    for name, theme in (("dark", DARK), ("light", LIGHT)):
        draw(drawn, theme, Path(__file__).with_name(f"line-{name}.svg"))


if __name__ == "__main__":
    main()
