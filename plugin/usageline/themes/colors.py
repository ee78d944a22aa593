"""Color specs, and their SGR codes for terminals of three depths: `16`, `256` and `true`.

A spec is words with spaces between them: `bold #2e8b57`, `red on black`, `underline 110`. A color
is a name of the 16, a number of the 256, or `#rrggbb`; `on` precedes the background.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

DEPTHS = ("16", "256", "true")
ATTRIBUTES = {"bold": "1", "dim": "2", "italic": "3", "underline": "4", "reverse": "7"}
_EIGHT = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
NAMES = {
    name: index for index, name in enumerate((*_EIGHT, *("bright-" + name for name in _EIGHT)))
}
"""The 16 colors that a terminal's own theme defines."""

WORDS = (*ATTRIBUTES, *NAMES, "on")
"""Every word of a spec."""

_LEVELS = (0, 95, 135, 175, 215, 255)
_SIXTEEN = (
    *(
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
    ),
    *(
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ),
)
"""xterm's values of the 16. Other terminals have similar ones, so the nearest can be found."""

Rgb = tuple[int, int, int]
Lab = tuple[float, float, float]
Color = int | Rgb
"""0-15 a name, 16-255 a number of the 256, or red, green and blue of 0-255."""


class Spec(NamedTuple):
    """A parsed spec: SGR codes of its attributes, and its colors, None if it has none."""

    attributes: tuple[str, ...]
    text: Color | None
    background: Color | None


def parse(spec: str) -> Spec:
    """Parse a spec. Raise ValueError with the first unknown word."""
    attributes: list[str] = []
    text: Color | None = None
    background: Color | None = None
    words = iter(spec.lower().split())
    for word in words:
        if word in ATTRIBUTES:
            attributes.append(ATTRIBUTES[word])
        elif word == "on" and background is None:
            background = _parse_color(next(words, word))
        elif text is None:
            text = _parse_color(word)
        else:
            raise ValueError(word)
    return Spec(tuple(dict.fromkeys(attributes)), text, background)


def codes(spec: Spec, depth: str) -> str:
    """Return a spec's SGR codes at one of DEPTHS, such as `1;38;5;71`, or ""."""
    parts = list(spec.attributes)
    if spec.text is not None:
        parts.append(color_code(spec.text, depth))
    if spec.background is not None:
        parts.append(color_code(spec.background, depth, background=True))
    return ";".join(parts)


def color_code(color: Color, depth: str, *, background: bool = False) -> str:
    """Return a color's SGR code at one of DEPTHS."""
    behind = 10 if background else 0
    if not isinstance(color, int) and depth == "true":
        return f"{38 + behind};2;" + ";".join(map(str, color))
    index = color if isinstance(color, int) else nearest(color)
    if index > 15 and depth == "16":
        index = nearest_of_16(rgb(color))
    if index > 15:
        return f"{38 + behind};5;{index}"
    return str((30 if index < 8 else 82) + index + behind)


def rgb(color: Color) -> Rgb:
    """Return red, green and blue of a color; of the 16, xterm's."""
    if not isinstance(color, int):
        return color
    if color < 16:
        return _SIXTEEN[color]
    if color > 231:
        gray = 8 + 10 * (color - 232)
        return gray, gray, gray
    cube = color - 16
    return _LEVELS[cube // 36], _LEVELS[cube // 6 % 6], _LEVELS[cube % 6]


@cache
def nearest(wanted: Rgb) -> int:
    """Return the number, 16-255, of the color nearest to `wanted`.

    The candidates are the corners of its cell in the color cube, and the two nearest grays.
    """
    red, green, blue = (_neighbors(level) for level in wanted)
    near = [16 + 36 * r + 6 * g + b for r in red for g in green for b in blue]
    step = (sum(wanted) // 3 - 8) // 10
    near += [232 + min(max(gray, 0), 23) for gray in (step, step + 1)]
    aim = oklab(wanted)
    return min(near, key=lambda index: distance(oklab(rgb(index)), aim))


def nearest_of_16(wanted: Rgb) -> int:
    """Return the one of the 16 nearest to `wanted`."""
    aim = oklab(wanted)
    return min(range(16), key=lambda index: distance(oklab(_SIXTEEN[index]), aim))


@cache
def linear(channel: int) -> float:
    """Return a channel of sRGB, 0-255, as light, 0-1."""
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def oklab(color: Rgb) -> Lab:
    """Return a color in Oklab (Björn Ottosson, 2020), whose distances are close to perception."""
    red, green, blue = map(linear, color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def from_oklab(light: float, a: float, b: float) -> Rgb | None:
    """Return the color, None if sRGB does not have it."""
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    if not all(-0.001 <= channel <= 1.001 for channel in channels):
        return None
    red, green, blue = (_channel(light) for light in channels)
    return red, green, blue


def distance(one: Lab, other: Lab) -> float:
    """Return the square of the distance of two colors in Oklab."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def _channel(light: float) -> int:
    """Return light, 0-1, as a channel of sRGB, 0-255."""
    light = min(max(light, 0.0), 1.0)
    share = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(share * 255)


def _parse_color(word: str) -> Color:
    if word in NAMES:
        return NAMES[word]
    if word.isascii() and word.isdigit() and len(word) < 4 and int(word) < 256:
        return int(word)
    digits = word[1:]
    if (
        word[:1] == "#"
        and len(digits) == 6
        and all(digit in "0123456789abcdef" for digit in digits)
    ):
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    raise ValueError(word)


def _neighbors(level: int) -> tuple[int, int]:
    above = next(index for index, value in enumerate(_LEVELS) if value >= level)
    return max(above - 1, 0), above
