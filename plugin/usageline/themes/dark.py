"""The default's colors for dark backgrounds, whatever Claude Code's own theme is."""

from usageline.themes.default import DARK
from usageline.themes.theme import Theme

THEME = Theme("dark", "the default's colors for a dark background, always", DARK)
