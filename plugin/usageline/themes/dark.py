"""The default's colors for dark backgrounds, also if Claude Code's own theme is light."""

from usageline.themes.default import DARK
from usageline.themes.theme import Theme

THEME = Theme("dark", "the colors of default for a dark background, always", DARK, only="dark")
