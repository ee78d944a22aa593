"""Draw the README's pictures from the real status line: `tests/run pictures`.

Each line of a picture is the output of one run in a world made for it. rich renders its escapes.
`line` has states over a day, `widths` the default at 60, 80, 120 and 200 columns, and `themes`
every theme. Each is drawn for a dark and for a light terminal.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.color import Color
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.hot import Hot
from tests.world import World, build_release
from usageline import themes
from usageline.cli.config import sample
from usageline.config.compile import compile_config
from usageline.core import paths
from usageline.core.freshness import file_fingerprint

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
WIDTHS = (60, 80, 120, 200)
HOUR_S = 3600


def _terminal(*colors: str) -> TerminalTheme:
    """Return the terminal with a background, a foreground and eight colors, in hexadecimal."""
    background, foreground, *ansi = (Color.parse(color).get_truecolor() for color in colors)
    return TerminalTheme(background, foreground, [*ansi])


LIGHT = _terminal(
    *("#ffffff", "#4a4f59", "#000000", "#b22222", "#007832"),
    *("#a06e00", "#1e50b4", "#8c288c", "#007882", "#787878"),
)
DARK = _terminal(
    *("#181a20", "#bcc0c8", "#181a20", "#f05a5a", "#6ec878"),
    *("#e6be5a", "#6496f0", "#c878dc", "#5ac8d2", "#dcdfe4"),
)
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} HEIGHT" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">\
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect width="{width}" height="HEIGHT" rx="8" fill="BACKGROUND"/>
<g transform="translate({terminal_x}, 12)">{backgrounds}\
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""
THEME_ROWS = """
theme = "{theme}"
rows = [["model", "directory", "git", "context"], ["session", "weekly", "scoped"]]
"""


@dataclass
class Scene:
    """One world with the status line in it, under one appearance of Claude Code."""

    hot: Hot
    appearance: str

    def rows(
        self,
        columns: int,
        *,
        payload: dict[str, Any] | None = None,
        config: str = "",
        **snapshot: Any,
    ) -> list[str]:
        """Return the rows that Claude Code would show."""
        now = time.time()
        self.hot.publish(
            **{
                **sample.snapshot(now, light=self.appearance == "light"),
                "alerts": [],
                "credentials": file_fingerprint(paths.claude_credentials(self.hot.world.env)),
                **snapshot,
            }
        )
        self.hot.world.configure(config)
        compile_config(self.hot.world.env)
        colors = {"NO_COLOR": None, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        home = self.hot.world.home
        env = {**colors, "COLUMNS": str(columns), "HOME": str(home)}
        if payload is None:
            place = {"current_dir": str(home / "src" / "usageline")}
            payload = {**sample.payload(now), "workspace": place}
        return self.hot.run(json.dumps(payload), env=env).stdout.decode().splitlines()


def limits(
    session: float, week: float, *, left_s: float = 2 * HOUR_S, **foretold: float
) -> list[dict[str, Any]]:
    """Return the two windows and the week of one model."""
    at = int(time.time())
    rows = (
        ("session", "Current session", session, int(at + left_s) + 30),
        ("weekly_all", "Current week (all models)", week, at + 52 * HOUR_S),
        ("weekly_scoped", "Fable", 55, at + 52 * HOUR_S),
    )
    names = ("kind", "label", "percent", "resets_at")
    whole = [{**dict(zip(names, row, strict=True)), "severity": "normal"} for row in rows]
    whole[0].update(foretold)
    return whole


def a_day(scene: Scene) -> list[str]:
    """Return the default line in four states: calm, too fast, past a threshold, offline."""
    at = int(time.time())
    soon = {
        "chance": 0.8,
        "exhausts_at": at + 50 * 60,
        "exhausts_from": at + 35 * 60,
        "exhausts_to": at + 80 * 60,
    }
    passed = {
        "kind": "session",
        "label": "Current session",
        "threshold": 90,
        "percent": 92,
        "resets_at": at + HOUR_S,
        "at": at - 60,
        "line": True,
    }
    return [
        *scene.rows(124, limits=limits(37, 41)),
        *scene.rows(124, limits=limits(68, 46, **soon)),
        *scene.rows(124, limits=limits(92, 49, left_s=HOUR_S), alerts=[passed]),
        *scene.rows(124, limits=limits(37, 41), payload={}, status="offline", observed_at=at - 720),
    ]


def widths(scene: Scene) -> list[str]:
    """Return the default line at each of WIDTHS, below a ruler."""
    rows = []
    for columns in WIDTHS:
        rows += [
            f"\x1b[2m╶{f' {columns} columns ':─^{columns - 2}}╴\x1b[0m",
            *scene.rows(columns, limits=limits(37, 81)),
            "",
        ]
    return rows[:-1]


def all_themes(scene: Scene) -> list[str]:
    """Return two rows in each theme that is made for this appearance."""
    other = "dark" if scene.appearance == "light" else "light"
    rows = []
    for name in themes.NAMES:
        if themes.find(name).only != other:
            rows += [
                f"\x1b[2m{name}\x1b[0m",
                *scene.rows(100, config=THEME_ROWS.format(theme=name), limits=limits(37, 81)),
                "",
            ]
    return rows[:-1]


def draw(rows: list[str], terminal: TerminalTheme, path: Path) -> None:
    """Write the lines as an SVG of one terminal."""
    path.write_text(svg_of(rows, terminal, "usageline"))


def svg_of(rows: list[str], terminal: TerminalTheme, unique_id: str) -> str:
    """Return the lines as an SVG; `unique_id` begins the names of its styles."""
    texts = [Text.from_ansi(line) for line in rows]
    width = max(text.cell_len for text in texts) + 1
    console = Console(
        record=True,
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    for text in texts:
        console.print(text, no_wrap=True)
    svg = console.export_svg(
        theme=terminal,
        code_format=SVG.replace("BACKGROUND", terminal.background_color.hex),
        unique_id=unique_id,
    )
    # rich leaves room for a window's title above the text.
    height = float(re.findall(r'y="([0-9.]+)"[^>]*>[^<]*</text>', svg)[-1]) + 32
    return svg.replace("HEIGHT", f"{height:.0f}")


def main() -> None:
    """Draw all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for appearance, terminal in (("dark", DARK), ("light", LIGHT)):
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder) / "world")
            scene = Scene(Hot(world, build_release(Path(folder) / "release")), appearance)
            subprocess.run(
                ["git", "init", "-q", "-b", "main", str(world.home / "src" / "usageline")],
                check=True,
            )
            day = [line for text in a_day(scene) for line in (text, "")][:-1]
            drawn = {"line": day, "widths": widths(scene), "themes": all_themes(scene)}
            for name, rows in drawn.items():
                draw(rows, terminal, FOLDER / f"{name}-{appearance}.svg")


if __name__ == "__main__":
    main()
