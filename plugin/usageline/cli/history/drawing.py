"""An SVG picture of text, boxes and other pictures. It names no file and no address, and runs no script."""

from __future__ import annotations

from typing import TypeAlias
from xml.etree import ElementTree as ET

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""

PAPER, INK, FAINT, LINES, MARK = "#ffffff", "#1f2328", "#656d76", "#d8dee4", "#8c959f"
"""On a card of its own paper, so that it can be read on a page of any colour."""

FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', Ubuntu, Cantarell, "
    "'Open Sans', FreeSans, Arial, sans-serif"
)
"""Browsers need the last one alone. What makes the PNG knows no generic names: it takes the first of these that is installed."""


class Drawing:
    """A picture of that size in pixels."""

    def __init__(self, width: int, height: int) -> None:
        size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
        more = {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "font-family": FONTS,
            "font-size": "13",
        }
        self._root = ET.Element("svg", size | more)
        self.box((0.5, 0.5, width - 1, height - 1), PAPER, rx=10, stroke=LINES)

    def box(self, place: Box, fill: str, **attributes: object) -> None:
        """A filled box."""
        self._add("rect", _placed(place) | {"fill": fill}, attributes)

    def text(self, left: float, base: float, text: str, **attributes: object) -> None:
        """A line of text; an attribute's underscores are hyphens (`font_size`)."""
        self._add(
            "text", {"x": f"{left:g}", "y": f"{base:g}"}, {"fill": INK, **attributes}
        ).text = text

    def title(self, text: str) -> None:
        """What a screen reader says."""
        self._add("title", {}, {}).text = text

    def embed(self, other: ET.Element, place: Box) -> None:
        """Another `svg` element in that place."""
        other.attrib |= _placed(place)
        self._root.append(other)

    def as_bytes(self) -> bytes:
        """The whole file."""
        text: str = ET.tostring(self._root, "unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()

    def _add(self, tag: str, attributes: dict[str, str], more: dict[str, object]) -> ET.Element:
        return ET.SubElement(
            self._root,
            tag,
            attributes | {name.replace("_", "-"): str(value) for name, value in more.items()},
        )


def _placed(place: Box) -> dict[str, str]:
    return {
        name: f"{value:g}" for name, value in zip(("x", "y", "width", "height"), place, strict=True)
    }
