"""The themes. A new one is a module here with a THEME, and its name in NAMES."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usageline.themes.theme import Theme

NAMES = (
    "default",
    "dark",
    "light",
    "minimal",
    "powerline",
    "high-contrast",
    "color-blind-safe",
    "ascii",
)
"""Every theme, in the order in which it is shown."""


def find(name: str) -> Theme:
    """Return the theme of that name. Raise KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(name)
    theme: Theme = import_module("usageline.themes." + name.replace("-", "_")).THEME
    return theme
