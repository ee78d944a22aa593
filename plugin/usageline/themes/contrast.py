"""Make colors legible: change a color in lightness alone until its contrast suffices (WCAG 2.2)."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from usageline.themes import colors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.themes.colors import Rgb

MIN_CONTRAST = 4.5
"""For words: level AA."""

MIN_BAR_CONTRAST = 3.0
"""For a bar against its groove: the level of graphics."""

DARK_BACKGROUNDS = ("#000000", "#1e1e1e", "#282a36", "#2b2b2b")
LIGHT_BACKGROUNDS = ("#ffffff", "#fbf1c7", "#eff1f5")
"""Usual backgrounds of terminals. Only the grayest count, because others contrast more."""

SEVERITIES = ("critical", "warning", "normal")
"""In the order in which they choose among the 256 colors, so that no two look alike."""

SAME_AS = {"added": "normal", "removed": "critical"}
"""Styles that avoid the same of the 256 colors as a severity."""

MIN_DISTANCE = 0.09
"""Between two severities in 256 colors, in Oklab."""

STROKES = ("track", "groove", "mark", "separator")
"""Styles of lines and bars; all others are of words, which must be legible."""

LIGHTNESS_WEIGHT, HUE_WEIGHT, FADED_WEIGHT = 0.5, 1.5, 2.0
"""Hue counts most, because the contrast already restricts the lightness. A gray is not a red."""

STEPS = 10
"""Halvings of a range of lightness: to less than one 8-bit step."""


class Fitted(NamedTuple):
    """Legible specs by style: all of them, and those of 256 colors that differ from the nearest.

    `changes` has `(style, before, after)` for each adjusted color, as `#rrggbb`.
    """

    styles: dict[str, str]
    of_256: dict[str, str]
    changes: list[tuple[str, str, str]]


def fit(styles: Mapping[str, str], backgrounds: Iterable[str], *, light: bool) -> Fitted:
    """Return `styles` with every word legible on `backgrounds`, all of them light or all dark.

    A color among the terminal's own 16 stays: its theme defines it.
    """
    behind = [_rgb(color) for color in backgrounds]
    fitted = Fitted(dict(styles), {}, [])
    for style in sorted(styles, key=_order):
        if style not in STROKES:
            _fit_words(fitted, style, behind, light=light)
    _fit_groove(fitted, light=light)
    return fitted


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colors, 1 to 21."""
    return _ratio(luminance(one), luminance(other))


def luminance(color: Rgb) -> float:
    """Return the relative luminance of a color, 0 to 1."""
    red, green, blue = map(colors.linear, color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def adjusted(color: Rgb, others: Iterable[Rgb], minimum: float, *, lighter: bool) -> Rgb:
    """Return `color`, or the nearest lightness at which it has that contrast with all `others`.

    Its hue stays, and its chroma as far as the screen can show it.
    """
    others = list(others)

    def suffices(candidate: Rgb) -> bool:
        return all(contrast(candidate, other) >= minimum for other in others)

    if suffices(color):
        return color
    light, a, b = colors.oklab(color)
    near, far = light, 1.0 if lighter else 0.0
    for _ in range(STEPS):
        middle = (near + far) / 2
        near, far = (near, middle) if suffices(_shown(middle, a, b)) else (middle, far)
    return _shown(far, a, b)


def nearest_of_256(
    color: Rgb, others: Iterable[Rgb], minimum: float, avoided: Iterable[int] = ()
) -> int:
    """Return the nearest of the 256 colors with that contrast with all `others`.

    It looks different from those `avoided`.
    """
    aim = colors.oklab(color)
    lights = [luminance(other) for other in others]
    labs = [colors.oklab(colors.rgb(other)) for other in avoided]
    legible = (
        (_difference(lab, aim), index)
        for index, lab, light in _palette_of_256()
        if all(_ratio(light, other) >= minimum for other in lights)
        and all(colors.distance(lab, other) >= MIN_DISTANCE**2 for other in labs)
    )
    return min(legible, default=(0.0, 16))[1]


def _fit_words(fitted: Fitted, style: str, behind: list[Rgb], *, light: bool) -> None:
    spec = colors.parse(fitted.styles[style])
    if spec.text is None or spec.text in range(16):
        return
    if spec.background is not None:
        behind = [colors.rgb(spec.background)]
        light = luminance(behind[0]) > 0.18
    before = colors.rgb(spec.text)
    after = adjusted(before, behind, MIN_CONTRAST, lighter=not light)
    if after != before:
        fitted.changes.append((style, hex_of(before), hex_of(after)))
        fitted.styles[style] = _with_color(fitted.styles[style], hex_of(after))
    usual = colors.nearest(after)
    is_severity = SAME_AS.get(style, style) in SEVERITIES
    if is_severity or any(contrast(colors.rgb(usual), one) < MIN_CONTRAST for one in behind):
        avoided = [_of_256(fitted, other) for other in _before(style)]
        index = nearest_of_256(after, behind, MIN_CONTRAST, avoided)
        if index != usual:
            fitted.of_256[style] = _with_color(fitted.styles[style], str(index))


def _order(style: str) -> int:
    return SEVERITIES.index(style) if style in SEVERITIES else len(SEVERITIES)


def _before(style: str) -> tuple[str, ...]:
    """Return the severities that choose before `style`, or before the one of its color."""
    style = SAME_AS.get(style, style)
    return SEVERITIES[: SEVERITIES.index(style)] if style in SEVERITIES else ()


def _of_256(fitted: Fitted, style: str) -> int:
    text = colors.parse(fitted.of_256.get(style, fitted.styles.get(style, ""))).text
    return text if isinstance(text, int) else colors.nearest(text or (0, 0, 0))


def _difference(lab: colors.Lab, aim: colors.Lab) -> float:
    """Return how different a color looks from the one that it replaces."""
    chroma, wanted = math.hypot(*lab[1:]), math.hypot(*aim[1:])
    turn = math.atan2(lab[2], lab[1]) - math.atan2(aim[2], aim[1])
    hue = 2 * math.sqrt(chroma * wanted) * math.sin(turn / 2)
    faded = (chroma - wanted) * (FADED_WEIGHT if chroma < wanted else 1.0)
    return math.hypot((lab[0] - aim[0]) * LIGHTNESS_WEIGHT, hue * HUE_WEIGHT, faded)


def _fit_groove(fitted: Fitted, *, light: bool) -> None:
    groove = colors.parse(fitted.styles.get("groove", "")).background
    if groove is None or groove in range(16):
        return
    before = colors.rgb(groove)
    after = adjusted(before, _bars(fitted.styles), MIN_BAR_CONTRAST, lighter=light)
    if after != before:
        fitted.changes.append(("groove", hex_of(before), hex_of(after)))
        fitted.styles["groove"] = f"on {hex_of(after)}"
    bars = [
        colors.rgb(colors.nearest(color)) for color in _bars({**fitted.styles, **fitted.of_256})
    ]
    if any(contrast(colors.rgb(colors.nearest(after)), bar) < MIN_BAR_CONTRAST for bar in bars):
        fitted.of_256["groove"] = f"on {nearest_of_256(after, bars, MIN_BAR_CONTRAST)}"


def _bars(styles: Mapping[str, str]) -> list[Rgb]:
    texts = (colors.parse(styles.get(name, "")).text for name in SEVERITIES)
    return [colors.rgb(text) for text in texts if text is not None]


def _with_color(spec: str, color: str) -> str:
    """Return a spec with another text color."""
    words = spec.split()
    for index, word in enumerate(words):
        if word.lower() not in colors.ATTRIBUTES:
            return " ".join([*words[:index], color, *words[index + 1 :]])
    return spec


def _shown(light: float, a: float, b: float) -> Rgb:
    """Return the color of that lightness and hue, with as much of the chroma as sRGB has."""
    low, high = 0.0, 1.0
    if (whole := colors.from_oklab(light, a, b)) is not None:
        return whole
    for _ in range(STEPS):
        middle = (low + high) / 2
        inside = colors.from_oklab(light, a * middle, b * middle) is not None
        low, high = (middle, high) if inside else (low, middle)
    return colors.from_oklab(light, a * low, b * low) or ((255,) * 3 if light > 0.5 else (0,) * 3)


def _ratio(one: float, other: float) -> float:
    """Return the contrast of two luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@cache
def _palette_of_256() -> list[tuple[int, colors.Lab, float]]:
    """Return index, Oklab and luminance of each of the colors that no terminal redefines."""
    return [
        (index, colors.oklab(rgb), luminance(rgb))
        for index in range(16, 256)
        for rgb in [colors.rgb(index)]
    ]


def hex_of(color: Rgb) -> str:
    """Return a color as `#rrggbb`."""
    return "#" + "".join(f"{channel:02x}" for channel in color)


def _rgb(color: str) -> Rgb:
    parsed = colors.parse(color).text
    return colors.rgb(0 if parsed is None else parsed)
