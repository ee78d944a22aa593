"""A contrast of at least 7 to 1 in every word, and severities in bold and underlined."""

from usageline.themes.theme import Palette, Theme

DARK = Palette.of(
    {
        "plain label quiet directory": "#ffffff",
        "name mark": "bold #ffffff",
        "normal added": "#5fff87",
        "warning": "bold #ffd700",
        "critical": "bold underline #ffafaf",
        "track": "#8a8a8a",
        "groove": "on #4e4e4e",
        "separator": "#bcbcbc",
        "branch": "#87ffff",
        "removed": "#ffafaf",
        "link": "bold underline #87ffff",
        "alert": "bold reverse #ffd700",
    },
    {
        "plain label quiet directory separator track": "bright-white",
        "groove": "",
        "name mark": "bold bright-white",
        "normal added": "bright-green",
        "warning": "bold bright-yellow",
        "critical": "bold underline bright-red",
        "branch": "bright-cyan",
        "removed": "bright-red",
        "link": "bold underline bright-cyan",
        "alert": "bold reverse bright-yellow",
    },
)

LIGHT = Palette.of(
    {
        "plain label quiet directory": "#000000",
        "name mark": "bold #000000",
        "normal added": "#005200",
        "warning": "bold #5a5000",
        "critical": "bold underline #870000",
        "track": "#767676",
        "groove": "on #c6c6c6",
        "separator": "#4e4e4e",
        "branch": "#00005f",
        "removed": "#870000",
        "link": "bold underline #00005f",
        "alert": "bold reverse #5a5000",
    },
    {
        "plain label quiet directory separator track": "black",
        "groove": "",
        "name warning mark": "bold black",
        "normal added": "green",
        "critical": "bold underline red",
        "branch": "blue",
        "removed": "red",
        "link": "bold underline blue",
        "alert": "bold reverse black",
    },
    # No dark yellow of the 256 colors has that contrast.
    {"warning": "bold 237", "alert": "bold reverse 237"},
)

THEME = Theme(
    "high-contrast",
    "contrast of at least 7 to 1 in every word; warnings bold, critical numbers underlined",
    DARK,
    LIGHT,
    separator=" ┃ ",
    glyphs={"empty": "░", "mark": "┃"},
)
