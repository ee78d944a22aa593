"""Contrast as WCAG 2 measures it, and color distances for three kinds of color vision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.themes.colors import linear

if TYPE_CHECKING:
    from usageline.themes.colors import Rgb

DARK_BACKGROUNDS = (
    "#000000",
    "#0d1117",
    "#1a1b26",
    "#1e1e1e",
    "#1e1e2e",
    "#282828",
    "#282a36",
    "#002b36",
    "#2b2b2b",
)
LIGHT_BACKGROUNDS = ("#ffffff", "#fafafa", "#f5f5f5", "#fbf1c7", "#fdf6e3", "#eff1f5")

VISIONS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB."""


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colors, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return float((high + 0.05) / (low + 0.05))


def apart(one: Rgb, other: Rgb, vision: str) -> float:
    """Return the distance of two colors for one of VISIONS, in CIELAB (D65, CIE 1976).

    About 2.3 is the smallest that people notice.
    """
    return float(
        sum((a - b) ** 2 for a, b in zip(_lab(one, vision), _lab(other, vision), strict=True))
        ** 0.5
    )


def _luminance(color: Rgb) -> float:
    red, green, blue = map(linear, color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lab(color: Rgb, vision: str) -> tuple[float, float, float]:
    light = [linear(channel) for channel in color]
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, light, strict=True)), 0.0), 1.0)
        for row in VISIONS[vision]
    )
    x = _cube_root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = _cube_root(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue)
    z = _cube_root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube_root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
