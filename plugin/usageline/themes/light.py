"""The default's colors for light backgrounds, whatever Claude Code's own theme is."""

from usageline.themes.default import LIGHT
from usageline.themes.theme import Theme

THEME = Theme("light", "the colors of default for a light background, always", LIGHT, only="light")
