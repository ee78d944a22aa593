"""Grays and thin strokes; a color appears with the first warning."""

from usageline.themes.theme import Palette, Theme

SIXTEEN = {
    "name": "",
    "normal": "",
    "warning": "yellow",
    "critical": "red",
    "track": "dim",
    "separator": "dim",
    "link": "underline",
    "alert": "yellow",
}
_PLAIN = dict.fromkeys(
    (
        "plain",
        "label",
        "name",
        "quiet",
        "normal",
        "mark",
        "directory",
        "branch",
        "added",
        "removed",
        "link",
    ),
    "",
)

DARK = Palette(
    {
        **dict.fromkeys(("label", "quiet", "directory", "branch"), "#9a9fa9"),
        **dict.fromkeys(("plain", "name", "normal", "mark", "added", "removed"), "#c6c9d0"),
        "link": "underline #9a9fa9",
        "warning": "#e5b567",
        "critical": "#ff8787",
        "track": "#4e535d",
        "separator": "#585d67",
        "alert": "#e5b567",
    },
    {**_PLAIN, **SIXTEEN},
)

LIGHT = Palette(
    {
        **dict.fromkeys(("label", "quiet", "directory", "branch"), "#5f646f"),
        **dict.fromkeys(("plain", "name", "normal", "mark", "added", "removed"), "#33373f"),
        "link": "underline #5f646f",
        "warning": "#7c6d00",
        "critical": "#b3201a",
        "track": "#c8ccd4",
        "separator": "#b4b8c0",
        "alert": "#7c6d00",
    },
    {**_PLAIN, **SIXTEEN},
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
