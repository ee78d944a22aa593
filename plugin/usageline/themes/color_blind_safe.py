"""Severities in blue, amber and vermilion, and in plain, bold and bold underlined."""

from usageline.themes.theme import Palette, Theme

DARK = Palette.of(
    {
        "plain directory branch": "#bcc0c8",
        "label quiet": "#9a9fa9",
        "name": "bold #e4e6ea",
        "normal added": "#6aaef0",
        "warning alert": "bold #ffe27a",
        "critical": "bold underline #f5703f",
        "track": "#4e535d",
        "groove": "on #3b404b",
        "mark": "#e4e6ea",
        "separator": "#585d67",
        "removed": "#f5703f",
        "link": "underline #9cc8f5",
    },
    {
        "plain label quiet groove mark directory branch": "",
        "name": "bold",
        "normal added": "cyan",
        "warning alert": "bold yellow",
        "critical": "bold underline red",
        "track separator": "dim",
        "removed": "red",
        "link": "underline",
    },
)

LIGHT = Palette.of(
    {
        "plain directory branch": "#4a4f59",
        "label quiet": "#5b606b",
        "name": "bold #1c1f26",
        "normal added": "#0067b8",
        "warning alert": "bold #7c6d00",
        "critical": "bold underline #5c0a00",
        "track": "#c8ccd4",
        "groove": "on #dfe2e8",
        "mark": "#1c1f26",
        "separator": "#b4b8c0",
        "removed": "#5c0a00",
        "link": "underline #004f8f",
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
