"""The default's colors for light backgrounds, also if Claude Code's own theme is dark."""

from usageline.themes.default import LIGHT
from usageline.themes.theme import Theme

THEME = Theme("light", "the colors of default for a light background, always", LIGHT, only="light")
