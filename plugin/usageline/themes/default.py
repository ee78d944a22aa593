"""Quiet grays, and color for what matters; palettes for dark and light backgrounds."""

from usageline.themes.theme import Palette, Theme

SIXTEEN = {
    "plain": "",
    "label": "",
    "name": "bold",
    "quiet": "",
    "normal": "green",
    "warning": "yellow",
    "critical": "bold red",
    "track": "dim",
    "groove": "",
    "mark": "bold",
    "separator": "dim",
    "directory": "blue",
    "branch": "magenta",
    "added": "green",
    "removed": "red",
    "link": "underline cyan",
    "alert": "bold yellow",
}
"""The terminal's own colors, which suit its background. `dim` is for strokes, not for words."""

DARK = Palette(
    {
        "plain": "#bcc0c8",
        "label": "#9a9fa9",
        "name": "bold #e4e6ea",
        "quiet": "#9a9fa9",
        "normal": "#87c095",
        "warning": "#e5b567",
        "critical": "bold #ff8787",
        "track": "#4e535d",
        "groove": "on #3b404b",
        "mark": "#e4e6ea",
        "separator": "#585d67",
        "directory": "#87afd7",
        "branch": "#bba6e3",
        "added": "#87c095",
        "removed": "#f08c8c",
        "link": "underline #7fbccc",
        "alert": "bold #e5b567",
    },
    SIXTEEN,
)

LIGHT = Palette(
    {
        "plain": "#4a4f59",
        "label": "#5b606b",
        "name": "bold #1c1f26",
        "quiet": "#5b606b",
        "normal": "#1b6f3a",
        "warning": "#7c6d00",
        "critical": "bold #b3201a",
        "track": "#c8ccd4",
        "groove": "on #dfe2e8",
        "mark": "#1c1f26",
        "separator": "#b4b8c0",
        "directory": "#1f5a9e",
        "branch": "#6b3fa0",
        "added": "#1b6f3a",
        "removed": "#b3201a",
        "link": "underline #0f6674",
        "alert": "bold #7c6d00",
    },
    SIXTEEN,
    {"warning": "58", "alert": "bold 58"},
)

THEME = Theme(
    "default",
    "quiet grays, color only for what matters; follows Claude Code's dark or light theme",
    DARK,
    LIGHT,
)
