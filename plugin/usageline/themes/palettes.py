"""The themes with well-known palettes, one entry each in PALETTES.

The colors are those that each palette's authors publish. A color that is hard to read is adjusted
in lightness (themes/contrast.py); docs/THEMES.md lists those.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from usageline.themes import contrast
from usageline.themes.default import SIXTEEN
from usageline.themes.theme import Palette, Theme, by_style


class Colors(NamedTuple):
    """A palette's colors by role, as `#rrggbb`. It is made for `background`."""

    background: str
    groove: str
    stroke: str
    quiet: str
    text: str
    name: str
    directory: str
    branch: str
    link: str
    normal: str
    warning: str
    critical: str
    alert: str

    @classmethod
    def of(cls, grays: str, hues: str) -> Colors:
        """Return the colors of the roles up to `text`, and of those from `name` on, by words."""
        return cls(*grays.split(), *hues.split())

    def styles(self) -> dict[str, str]:
        """Return the spec of each style."""
        return by_style(
            {
                "plain mark": self.text,
                "label quiet": self.quiet,
                "name": f"bold {self.name}",
                "normal added": self.normal,
                "warning": self.warning,
                "critical": f"bold {self.critical}",
                "removed": self.critical,
                "track separator": self.stroke,
                "groove": f"on {self.groove}",
                "directory": self.directory,
                "branch": self.branch,
                "link": f"underline {self.link}",
                "alert": f"bold {self.alert}",
            }
        )


class Published(NamedTuple):
    """A well-known palette; without `dark` it is for light backgrounds alone."""

    name: str
    about: str
    dark: Colors | None
    light: Colors

    def fitted(self) -> tuple[contrast.Fitted | None, contrast.Fitted]:
        """Return the legible styles on dark and on light backgrounds."""
        return self.dark and _fit(self.dark, light=False), _fit(self.light, light=True)


LATTE = Colors.of(
    "#eff1f5 #ccd0da #acb0be #6c6f85 #4c4f69",
    "#8839ef #1e66f5 #7287fd #209fb5 #40a02b #df8e1d #d20f39 #fe640b",
)

MOCHA = Colors.of(
    "#1e1e2e #313244 #585b70 #a6adc8 #cdd6f4",
    "#cba6f7 #89b4fa #b4befe #74c7ec #a6e3a1 #f9e2af #f38ba8 #fab387",
)

PALETTES = (
    Published("catppuccin", "Catppuccin: Mocha, or Latte with a light theme", MOCHA, LATTE),
    Published("catppuccin-latte", "Catppuccin's light flavor, always", None, LATTE),
    Published(
        "catppuccin-frappe",
        "Catppuccin's muted dark flavor; Latte with a light theme",
        Colors.of(
            "#303446 #414559 #626880 #a5adce #c6d0f5",
            "#ca9ee6 #8caaee #babbf1 #85c1dc #a6d189 #e5c890 #e78284 #ef9f76",
        ),
        LATTE,
    ),
    Published(
        "catppuccin-macchiato",
        "Catppuccin's medium dark flavor; Latte with a light theme",
        Colors.of(
            "#24273a #363a4f #5b6078 #a5adcb #cad3f5",
            "#c6a0f6 #8aadf4 #b7bdf8 #7dc4e4 #a6da95 #eed49f #ed8796 #f5a97f",
        ),
        LATTE,
    ),
    Published(
        "catppuccin-mocha", "Catppuccin's darkest flavor; Latte with a light theme", MOCHA, LATTE
    ),
    Published(
        "nord",
        "Nord: arctic blues with Aurora colors",
        Colors.of(
            "#2e3440 #434c5e #4c566a #4c566a #d8dee9",
            "#88c0d0 #81a1c1 #b48ead #8fbcbb #a3be8c #ebcb8b #bf616a #d08770",
        ),
        Colors.of(
            "#eceff4 #d8dee9 #81a1c1 #4c566a #2e3440",
            "#5e81ac #81a1c1 #b48ead #8fbcbb #a3be8c #ebcb8b #bf616a #d08770",
        ),
    ),
    Published(
        "gruvbox",
        "Gruvbox: warm retro colors, dark and light",
        Colors.of(
            "#282828 #504945 #665c54 #a89984 #ebdbb2",
            "#fe8019 #83a598 #d3869b #8ec07c #b8bb26 #fabd2f #fb4934 #fe8019",
        ),
        Colors.of(
            "#fbf1c7 #ebdbb2 #bdae93 #665c54 #3c3836",
            "#af3a03 #076678 #8f3f71 #427b58 #79740e #b57614 #9d0006 #af3a03",
        ),
    ),
    Published(
        "tokyo-night",
        "Tokyo Night; Day with a light theme",
        Colors.of(
            "#1a1b26 #292e42 #3b4261 #737aa2 #c0caf5",
            "#7aa2f7 #7dcfff #bb9af7 #73daca #9ece6a #e0af68 #f7768e #ff9e64",
        ),
        Colors.of(
            "#e1e2e7 #c4c8da #a8aecb #68709a #3760bf",
            "#2e7de9 #007197 #9854f1 #118c74 #587539 #8c6c3e #f52a65 #b15c00",
        ),
    ),
    Published(
        "dracula",
        "Dracula; Alucard with a light theme",
        Colors.of(
            "#282a36 #44475a #6272a4 #6272a4 #f8f8f2",
            "#bd93f9 #8be9fd #ff79c6 #8be9fd #50fa7b #f1fa8c #ff5555 #ffb86c",
        ),
        Colors.of(
            "#fffbeb #dedccf #bcbab3 #6c664b #1f1f1f",
            "#644ac9 #036a96 #a3144d #036a96 #14710a #846e15 #cb3a2a #a34d14",
        ),
    ),
    Published(
        "rose-pine",
        "Rosé Pine; Dawn with a light theme",
        Colors.of(
            "#191724 #403d52 #524f67 #908caa #e0def4",
            "#c4a7e7 #31748f #ebbcba #c4a7e7 #9ccfd8 #f6c177 #eb6f92 #f6c177",
        ),
        Colors.of(
            "#faf4ed #dfdad9 #cecacd #797593 #575279",
            "#907aa9 #286983 #d7827e #907aa9 #56949f #ea9d34 #b4637a #ea9d34",
        ),
    ),
    Published(
        "solarized",
        "Solarized, dark and light",
        Colors.of(
            "#002b36 #586e75 #586e75 #839496 #93a1a1",
            "#268bd2 #2aa198 #6c71c4 #268bd2 #859900 #b58900 #dc322f #cb4b16",
        ),
        Colors.of(
            "#fdf6e3 #eee8d5 #93a1a1 #657b83 #586e75",
            "#268bd2 #2aa198 #6c71c4 #268bd2 #859900 #b58900 #dc322f #cb4b16",
        ),
    ),
    Published(
        "one-dark",
        "One Dark; One Light with a light theme",
        Colors.of(
            "#282c34 #3e4452 #4b5263 #828997 #abb2bf",
            "#61afef #56b6c2 #c678dd #61afef #98c379 #e5c07b #e06c75 #d19a66",
        ),
        Colors.of(
            "#fafafa #e5e5e6 #a0a1a7 #696c77 #383a42",
            "#4078f2 #0184bc #a626a4 #4078f2 #50a14f #c18401 #e45649 #986801",
        ),
    ),
)
"""Every theme of a well-known palette, in the order in which it is shown."""


@cache
def theme_of(published: Published) -> Theme:
    """Return the theme with these colors, each legible."""
    dark, light = published.fitted()
    for_light = Palette(light.styles, SIXTEEN, light.of_256)
    if dark is None:
        return Theme(published.name, published.about, for_light, only="light")
    for_dark = Palette(dark.styles, SIXTEEN, dark.of_256)
    return Theme(published.name, published.about, for_dark, for_light)


@cache
def _fit(chosen: Colors, *, light: bool) -> contrast.Fitted:
    usual = contrast.LIGHT_BACKGROUNDS if light else contrast.DARK_BACKGROUNDS
    return contrast.fit(chosen.styles(), (chosen.background, *usual), light=light)
