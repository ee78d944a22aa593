"""The default's colors for dark backgrounds, whatever Claude Code's own theme is."""

from usageline.themes.default import DARK
from usageline.themes.theme import Theme

THEME = Theme("dark", "the colors of default for a dark background, always", DARK, only="dark")
