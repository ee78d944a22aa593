"""Quiet grays, and color for what matters; and the themes with the same colors."""

from usageline.themes.theme import Palette, Theme, by_style

SIXTEEN = by_style(
    {
        "plain label quiet groove": "",
        "name mark": "bold",
        "normal added": "green",
        "warning": "yellow",
        "critical": "bold red",
        "track separator": "dim",
        "directory": "blue",
        "branch": "magenta",
        "removed": "red",
        "link": "underline cyan",
        "alert": "bold yellow",
    }
)
"""The terminal's own colors, which suit its background. `dim` is for strokes, not for words."""

DARK = Palette.of(
    {
        "plain": "#bcc0c8",
        "label quiet": "#9a9fa9",
        "name": "bold #e4e6ea",
        "normal added": "#87c095",
        "warning": "#e5b567",
        "critical": "bold #ff8787",
        "track": "#4e535d",
        "groove": "on #3b404b",
        "mark": "#e4e6ea",
        "separator": "#585d67",
        "directory": "#87afd7",
        "branch": "#bba6e3",
        "removed": "#f08c8c",
        "link": "underline #7fbccc",
        "alert": "bold #e5b567",
    },
    SIXTEEN,
)

LIGHT = Palette.of(
    {
        "plain": "#4a4f59",
        "label quiet": "#5b606b",
        "name": "bold #1c1f26",
        "normal added": "#1b6f3a",
        "warning": "#7c6d00",
        "critical": "bold #b3201a",
        "track": "#c8ccd4",
        "groove": "on #dfe2e8",
        "mark": "#1c1f26",
        "separator": "#b4b8c0",
        "directory": "#1f5a9e",
        "branch": "#6b3fa0",
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


def _without_groove(palette: Palette) -> Palette:
    return palette._replace(styles={**palette.styles, "groove": ""})


VARIANTS = (
    Theme("dark", "the colors of default for a dark background, always", DARK, only="dark"),
    Theme("light", "the colors of default for a light background, always", LIGHT, only="light"),
    Theme(
        "ascii",
        "only ASCII, for terminals and fonts that draw nothing else",
        _without_groove(DARK),
        _without_groove(LIGHT),
        separator=" | ",
        glyphs={
            "full": "#",
            "parts": "",
            "empty": "-",
            "mark": "|",
            "reset": "-> ",
            "unknown": "-",
            "dot": " - ",
            "ellipsis": "..",
            "ahead": "^",
            "behind": "v",
            "alert": "! ",
            "removed": "-",
        },
        ascii=True,
    ),
)
"""The themes with the default's colors."""
