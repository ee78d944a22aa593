"""ASCII alone, for terminals and fonts that draw nothing else; the default's colors."""

from usageline.themes.default import DARK, LIGHT
from usageline.themes.theme import Palette, Theme


def _without_groove(palette: Palette) -> Palette:
    return palette._replace(styles={**palette.styles, "groove": ""})


THEME = Theme(
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
)
