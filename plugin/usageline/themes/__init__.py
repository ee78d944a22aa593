"""The themes: one module each, with a THEME in it; imported only when it is chosen."""

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
    """The theme of that name. KeyError where there is none."""
    if name not in NAMES:
        raise KeyError(name)
    found: Theme = import_module("usageline.themes." + name.replace("-", "_")).THEME
    return found
