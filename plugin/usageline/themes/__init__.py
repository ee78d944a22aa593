"""The themes: a module for each in OWN, unless it is a variant of the default.

Those of well-known palettes are entries in `palettes.PALETTES`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from usageline.themes.default import VARIANTS
from usageline.themes.palettes import PALETTES, theme_of

if TYPE_CHECKING:
    from usageline.themes.theme import Theme

COLOR_BLIND_SAFE = "color-blind-safe"
"""The theme for those of Claude Code for color-blind people."""

OWN = (
    "default",
    "dark",
    "light",
    "minimal",
    "powerline",
    "high-contrast",
    COLOR_BLIND_SAFE,
    "ascii",
)
_VARIANTS = {variant.name: variant for variant in VARIANTS}
_PUBLISHED = {published.name: published for published in PALETTES}

NAMES = (*OWN, *_PUBLISHED)
"""Every theme, in the order in which it is shown."""


def find(name: str) -> Theme:
    """Return the theme of that name. Raise KeyError if there is none."""
    if name in _PUBLISHED:
        return theme_of(_PUBLISHED[name])
    if name in _VARIANTS:
        return _VARIANTS[name]
    if name not in OWN:
        raise KeyError(name)
    theme: Theme = import_module("usageline.themes." + name.replace("-", "_")).THEME
    return theme
