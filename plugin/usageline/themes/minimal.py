"""Grays and thin strokes; a color appears with the first warning."""

from usageline.themes.theme import Palette, Theme

DARK = Palette.of(
    {
        "label quiet directory branch": "#9a9fa9",
        "plain name normal mark added removed": "#c6c9d0",
        "link": "underline #9a9fa9",
        "warning alert": "#e5b567",
        "critical": "#ff8787",
        "track": "#4e535d",
        "separator": "#585d67",
    },
    {
        "plain label name quiet normal mark directory branch added removed": "",
        "link": "underline",
        "warning alert": "yellow",
        "critical": "red",
        "track separator": "dim",
    },
)

LIGHT = Palette.of(
    {
        "label quiet directory branch": "#5f646f",
        "plain name normal mark added removed": "#33373f",
        "link": "underline #5f646f",
        "warning alert": "#7c6d00",
        "critical": "#b3201a",
        "track": "#c8ccd4",
        "separator": "#b4b8c0",
    },
    DARK.sixteen,
    {"warning": "58", "alert": "58"},
)

THEME = Theme(
    "minimal",
    "grays and thin strokes; color starts with the first warning",
    DARK,
    LIGHT,
    separator="  ",
    glyphs={"full": "━", "parts": "", "empty": "─", "mark": "┿", "alert": "! "},
)
