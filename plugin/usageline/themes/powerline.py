"""Segments as blocks of color, with arrows between them if there is a Nerd Font."""

from usageline.themes.theme import Block, Palette, Theme

DARK = Palette(
    {
        "plain": "#d7dae0",
        "label": "#d3d7de",
        "name": "bold #ffffff",
        "quiet": "#cdd2da",
        "normal": "#a5e0a9",
        "warning": "#ffd87a",
        "critical": "bold #ffcfcb",
        "track": "#77808f",
        "groove": "on #14181e",
        "mark": "#ffffff",
        "separator": "#8a92a0",
        "directory": "#ffffff",
        "branch": "#ffffff",
        "added": "#a5e0a9",
        "removed": "#ffcfcb",
        "link": "underline #d5e9ff",
        "alert": "bold #ffd87a",
    },
    {
        **dict.fromkeys(("plain", "label", "quiet", "mark", "directory", "branch"), "bright-white"),
        "name": "bold bright-white",
        "normal": "bright-green",
        "warning": "bright-yellow",
        "critical": "bold bright-red",
        "track": "white",
        "groove": "",
        "separator": "white",
        "added": "bright-green",
        "removed": "bright-red",
        "link": "underline bright-cyan",
        "alert": "bold bright-yellow",
    },
)

_BLUE = Block("#005f87", "blue")
_TEAL = Block("#005f5f", "black")
_SLATE = Block("#303a46", "black")
_INK = Block("#262b33", "black")
_PLUM = Block("#4a2a5e", "magenta")

THEME = Theme(
    "powerline",
    "blocks of color, with arrows between them if nerd_font = true",
    DARK,
    pad=" ",
    blocks={
        "*": _INK,
        "model": _BLUE,
        "directory": _BLUE,
        "effort": _SLATE,
        "context": _SLATE,
        "git": _PLUM,
        "worktree": _PLUM,
        "session": _TEAL,
        "weekly": _SLATE,
        "credits": _TEAL,
        "forecast": _SLATE,
        "clock": _SLATE,
        "text": _SLATE,
        "account": _PLUM,
        "alerts": Block("#5f0000", "black"),
        "status": Block("#3b3b3b", "black"),
    },
)
