"""The default's colours for dark backgrounds, whatever Claude Code's own theme is."""

from usageline.themes.default import DARK
from usageline.themes.theme import Theme

THEME = Theme("dark", "the default's colours for a dark background, always", DARK)
