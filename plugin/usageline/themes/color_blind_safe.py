"""Severities in blue, amber and vermilion, and in plain, bold and bold underlined."""

from usageline.themes.theme import Palette, Theme

DARK = Palette(
    {
        "plain": "#bcc0c8",
        "label": "#9a9fa9",
        "name": "bold #e4e6ea",
        "quiet": "#9a9fa9",
        "normal": "#6aaef0",
        "warning": "bold #ffe27a",
        "critical": "bold underline #f5703f",
        "track": "#4e535d",
        "groove": "on #3b404b",
        "mark": "#e4e6ea",
        "separator": "#585d67",
        "directory": "#bcc0c8",
        "branch": "#bcc0c8",
        "added": "#6aaef0",
        "removed": "#f5703f",
        "link": "underline #9cc8f5",
        "alert": "bold #ffe27a",
    },
    {
        "plain": "",
        "label": "",
        "name": "bold",
        "quiet": "",
        "normal": "cyan",
        "warning": "bold yellow",
        "critical": "bold underline red",
        "track": "dim",
        "groove": "",
        "mark": "",
        "separator": "dim",
        "directory": "",
        "branch": "",
        "added": "cyan",
        "removed": "red",
        "link": "underline",
        "alert": "bold yellow",
    },
)

LIGHT = Palette(
    {
        "plain": "#4a4f59",
        "label": "#5b606b",
        "name": "bold #1c1f26",
        "quiet": "#5b606b",
        "normal": "#0067b8",
        "warning": "bold #7c6d00",
        "critical": "bold underline #5c0a00",
        "track": "#c8ccd4",
        "groove": "on #dfe2e8",
        "mark": "#1c1f26",
        "separator": "#b4b8c0",
        "directory": "#4a4f59",
        "branch": "#4a4f59",
        "added": "#0067b8",
        "removed": "#5c0a00",
        "link": "underline #004f8f",
        "alert": "bold #7c6d00",
    },
    DARK.sixteen,
    {"warning": "bold 58", "alert": "bold 58"},
)

THEME = Theme(
    "color-blind-safe",
    "blue, amber and vermilion, distinct with every kind of color vision, and different in weight",
    DARK,
    LIGHT,
)
