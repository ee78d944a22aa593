"""A contrast of at least 7 to 1 in every word, and severities in bold and underlined."""

from usageline.themes.theme import Palette, Theme

DARK = Palette(
    {
        **dict.fromkeys(("plain", "label", "quiet", "directory"), "#ffffff"),
        "name": "bold #ffffff",
        "normal": "#5fff87",
        "warning": "bold #ffd700",
        "critical": "bold underline #ffafaf",
        "track": "#8a8a8a",
        "groove": "on #4e4e4e",
        "mark": "bold #ffffff",
        "separator": "#bcbcbc",
        "branch": "#87ffff",
        "added": "#5fff87",
        "removed": "#ffafaf",
        "link": "bold underline #87ffff",
        "alert": "bold reverse #ffd700",
    },
    {
        **dict.fromkeys(
            ("plain", "label", "quiet", "directory", "separator", "track"), "bright-white"
        ),
        "groove": "",
        "name": "bold bright-white",
        "normal": "bright-green",
        "warning": "bold bright-yellow",
        "critical": "bold underline bright-red",
        "mark": "bold bright-white",
        "branch": "bright-cyan",
        "added": "bright-green",
        "removed": "bright-red",
        "link": "bold underline bright-cyan",
        "alert": "bold reverse bright-yellow",
    },
)

LIGHT = Palette(
    {
        **dict.fromkeys(("plain", "label", "quiet", "directory"), "#000000"),
        "name": "bold #000000",
        "normal": "#005200",
        "warning": "bold #5a5000",
        "critical": "bold underline #870000",
        "track": "#767676",
        "groove": "on #c6c6c6",
        "mark": "bold #000000",
        "separator": "#4e4e4e",
        "branch": "#00005f",
        "added": "#005200",
        "removed": "#870000",
        "link": "bold underline #00005f",
        "alert": "bold reverse #5a5000",
    },
    {
        **dict.fromkeys(("plain", "label", "quiet", "directory", "separator", "track"), "black"),
        "groove": "",
        "name": "bold black",
        "normal": "green",
        "warning": "bold black",
        "critical": "bold underline red",
        "mark": "bold black",
        "branch": "blue",
        "added": "green",
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
