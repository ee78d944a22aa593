"""Write an SVG drawing in colors for a light and a dark background.

A drawing refers to no other file or address and contains no script. An extra makes it a PNG.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from xml.etree import ElementTree as ET

from usageline import __version__
from usageline.cli.formatting import broken
from usageline.core.errors import UsagelineError
from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""

Point: TypeAlias = tuple[float, float]
"""X and y."""


class Color(NamedTuple):
    """A color by its role, with its value on a light and on a dark background."""

    name: str
    light: str
    dark: str


PAPER = Color("paper", "#ffffff", "#0d1117")
"""The picture has its own background, so that it is legible on a page of any color."""

INK = Color("ink", "#1f2328", "#e6edf3")
FAINT = Color("faint", "#59636e", "#9198a1")
LINES = Color("lines", "#d8dee4", "#30363d")
MARK = Color("mark", "#8c959f", "#7d8590")
WARNING = Color("warning", "#bf8700", "#d29922")
CRITICAL = Color("critical", "#cf222e", "#f85149")
SESSION = Color("session", "#0969da", "#4493f8")
WEEKLY = Color("weekly", "#8250df", "#ab7df8")
OTHERS = (
    Color("other1", "#bf3989", "#db61a2"),
    Color("other2", "#1b7c83", "#39c5cf"),
    Color("other3", "#9a6700", "#e3b341"),
    Color("other4", "#57606a", "#b1bac4"),
)
MODEL_COLORS = (SESSION, WEEKLY, *OTHERS[:3])
"""Of the models that cost most."""

SHADES = (
    Color("shade0", "#eef1f4", "#21262d"),
    Color("shade1", "#c6e0ff", "#0c2d6b"),
    Color("shade2", "#80b8ff", "#1158c7"),
    Color("shade3", "#2f81f7", "#58a6ff"),
    Color("shade4", "#cf222e", "#f85149"),
)
"""By level. The highest has another hue: at that rate the limit does not last."""

COLORS = (
    *(PAPER, INK, FAINT, LINES, MARK, WARNING, CRITICAL, SESSION, WEEKLY),
    *OTHERS,
    *SHADES,
)
PAINTS = ("fill", "stroke")
WIDTH, MARGIN = 960, 24
"""Of a picture that is a file of its own."""

INNER_WIDTH = WIDTH - 2 * MARGIN
HEADER_HEIGHT, FOOTER_HEIGHT, SPACING = 76, 16, 14
LINE_HEIGHT = 20
TEXT_CELL_WIDTH = 7.4
"""Pixels of a column of text, about."""

KEY_SIZE, KEY_WIDTH, KEY_ROOM = 12, 20, 44
"""The square of a color, its distance from the text, and the room of an entry beside its text."""

FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', "
    "'DejaVu Sans', 'Liberation Sans', Ubuntu, Cantarell, 'Open Sans', FreeSans, Arial, sans-serif"
)
"""A browser needs only the last. The PNG renderer has no generic families and needs the others."""

PNG_ZOOM = 2
"""For screens with more than one dot per pixel."""

EMPTY_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"></svg>'
LETTER_SVG = EMPTY_SVG.replace("></", f'><text x="2" y="16" font-family="{FONTS}">M</text></')


def dark_rules() -> str:
    """Return the CSS rules that give the classes of a drawing their dark colors."""
    return "".join(
        f".{paint}-{color.name}{{{paint}:{color.dark}}}" for color in COLORS for paint in PAINTS
    )


def lines_of(sentences: Iterable[str]) -> list[str]:
    """Return sanitized sentences in lines that fit into a picture."""
    columns = int(INNER_WIDTH / TEXT_CELL_WIDTH)
    return [line for sentence in sentences for line in broken(sanitize(sentence), columns)]


def flow(widths: Iterable[float], room: float) -> list[tuple[float, int]]:
    """Return x and line of each entry of a legend, on as many lines as they need."""
    places, x, line = [], 0.0, 0
    for width in widths:
        if x and x + width > room:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += width
    return places


class Legend(NamedTuple):
    """Colors with their texts, on as many lines as they need in `width`."""

    entries: Sequence[tuple[Color, str]]
    width: float
    line_height: int = LINE_HEIGHT

    @property
    def height(self) -> int:
        """Return its pixels."""
        return self.line_height * (1 + max((line for _, line in self._places()), default=-1))

    def draw(self, drawing: Drawing, left: float, top: float, **attributes: object) -> None:
        """Draw it. The attributes are those of the texts."""
        for (x, line), (color, text) in zip(self._places(), self.entries, strict=True):
            drawing.key(left + x, top + line * self.line_height, color, text, **attributes)

    def _places(self) -> list[tuple[float, int]]:
        widths = (KEY_ROOM + TEXT_CELL_WIDTH * display_width(text) for _, text in self.entries)
        return flow(widths, self.width)


class Drawing:
    """An SVG element of `width` and `height` in pixels. `title` is its text for screen readers.

    With `dark` None it has the light colors, and classes for `dark_rules`. In the names of extra
    attributes, underscores stand for hyphens (`font_size`).
    """

    def __init__(self, width: float, height: float, title: str, *, dark: bool | None) -> None:
        self._dark = dark
        self._root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "width": f"{width:g}",
                "height": f"{height:g}",
                "viewBox": f"0 0 {width:g} {height:g}",
                "font-family": FONTS,
                "font-size": "13",
            },
        )
        self._add("title", {}).text = sanitize(title)

    def follow_reader(self) -> None:
        """Show the dark colors to a reader who prefers them."""
        self._add("style", {}).text = f"@media (prefers-color-scheme:dark){{{dark_rules()}}}"

    def box(self, box: Box, fill: Color | str, tip: str = "", **attributes: object) -> None:
        """Add a filled box, with a tooltip unless that is empty."""
        sides = zip(("x", "y", "width", "height"), box, strict=True)
        element = self._add(
            "rect", {side: f"{value:g}" for side, value in sides}, fill=fill, **attributes
        )
        if tip:
            ET.SubElement(element, "title").text = sanitize(tip)

    def key(self, x: float, y: float, color: Color, text: str, **attributes: object) -> None:
        """Add a small square of a color at `x`, `y`, and a text behind it."""
        self.box((x, y, KEY_SIZE, KEY_SIZE), color, rx=3)
        self.text(x + KEY_WIDTH, y + KEY_SIZE - 1, text, **attributes)

    def text(self, x: float, y: float, text: str, **attributes: object) -> None:
        """Add a line of sanitized text whose baseline starts at `x`, `y`."""
        position = {"x": f"{x:.4g}", "y": f"{y:g}"}
        self._add("text", position, **{"fill": INK, **attributes}).text = sanitize(text)

    def label(self, x: float, y: float, text: str, **attributes: object) -> None:
        """Add a small faint line of text, as of an axis."""
        self.text(x, y, text, fill=FAINT, font_size=12, **attributes)

    def paths(self, lines: Iterable[Sequence[Point]], **attributes: object) -> None:
        """Add one element that draws each of `lines` through its points."""
        data = "".join(
            "M" + "L".join(point for point, _ in groupby(f"{x:.1f} {y:.1f}" for x, y in line))
            for line in lines
        )
        if data:
            self._add("path", {"d": data}, **attributes)

    def as_element(self) -> str:
        """Return the element, to stand in a page."""
        text: str = ET.tostring(self._root, "unicode")
        return text

    def as_bytes(self) -> bytes:
        """Return the content of a file."""
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{self.as_element()}\n'.encode()

    def _add(self, tag: str, required: dict[str, str], **attributes: object) -> ET.Element:
        extra, classes = {}, []
        for name, value in attributes.items():
            if isinstance(value, Color):
                extra[name] = value.dark if self._dark else value.light
                classes.append(f"{name}-{value.name}")
            else:
                extra[name.replace("_", "-")] = str(value)
        if classes and self._dark is None:
            extra["class"] = " ".join(classes)
        return ET.SubElement(self._root, tag, required | extra)


def picture(
    title: str,
    subtitle: str,
    lines: Sequence[str],
    content_height: float,
    *,
    dark: bool | None,
) -> tuple[Drawing, float]:
    """Return a framed drawing with headings and `lines`, and the y at which its content begins.

    With `dark` None, it has the colors that its reader prefers.
    """
    top = HEADER_HEIGHT + LINE_HEIGHT * len(lines) + (SPACING if lines else 0)
    height = top + content_height + FOOTER_HEIGHT
    drawing = Drawing(WIDTH, height, f"{title}: {subtitle}", dark=dark)
    if dark is None:
        drawing.follow_reader()
    drawing.box((0.5, 0.5, WIDTH - 1, height - 1), PAPER, rx=10, stroke=LINES)
    drawing.text(MARGIN, 38, title, font_size=20, font_weight=600)
    drawing.text(MARGIN, 60, subtitle, fill=FAINT)
    drawing.text(WIDTH - MARGIN, 38, f"usageline {__version__}", fill=FAINT, text_anchor="end")
    for number, line in enumerate(lines):
        drawing.text(MARGIN, HEADER_HEIGHT + 8 + LINE_HEIGHT * number, line)
    return drawing, top


def png(svg: bytes) -> bytes:
    """Convert the picture to PNG.

    Raise `UsagelineError` if the package that does it, or every font, is missing.
    """
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 - an extra
    except ImportError:
        from usageline.setup.program_files import is_packaged, own_source  # noqa: PLC0415 - seldom

        way = (
            "install `usageline[png]` instead of `usageline`"
            if is_packaged(own_source())
            else "run `usageline install --with png` (or `install.sh --with png`) once"
        )
        raise UsagelineError(f"PNG needs the extra `png`: {way}, or use --svg") from None
    # Without a font, the renderer leaves out all text and reports nothing.
    if svg_to_bytes(svg_string=LETTER_SVG) == svg_to_bytes(svg_string=EMPTY_SVG):
        raise UsagelineError(
            "PNG needs a font for its labels: install one, such as DejaVu Sans, or use --svg"
        )
    return bytes(svg_to_bytes(svg_string=svg.decode(), zoom=PNG_ZOOM))
