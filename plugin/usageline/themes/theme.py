"""The parts of a theme, and their resolution to what the status line reads."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.core.vocabulary import GLYPHS
from usageline.themes import colors

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLES = {
    "plain": "ordinary text",
    "label": "5h, 7d, ctx",
    "name": "the model",
    "quiet": "reset times and ages",
    "normal": "a limit with room left",
    "warning": "a limit that is filling up",
    "critical": "a limit that is nearly used up",
    "track": "the empty part of a bar",
    "groove": "the background of a bar; if it has a color, it also fills the empty part",
    "mark": "even pace in a bar",
    "separator": "between segments",
    "directory": "the directory",
    "branch": "the branch",
    "added": "lines added",
    "removed": "lines removed",
    "link": "a pull request",
    "alert": "an alert",
}
"""Every style, and what it is for."""

NERD_GLYPHS = {"branch": "", "alert": ""}
"""Segments with an icon need no glyph."""

NERD_CAPS = ("", "\ue0b0", "\ue0b0")


def by_style(specs: Mapping[str, str]) -> dict[str, str]:
    """Return the spec of each style, of a table in which a key may name several styles."""
    return {style: spec for styles, spec in specs.items() for style in styles.split()}


class Palette(NamedTuple):
    """Color specs by style, and specs for 16 and 256 colors that replace the nearest ones."""

    styles: Mapping[str, str]
    sixteen: Mapping[str, str]
    of_256: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def of(
        cls,
        styles: Mapping[str, str],
        sixteen: Mapping[str, str],
        of_256: Mapping[str, str] = MappingProxyType({}),
    ) -> Palette:
        """Return the palette of tables in which a key may name several styles."""
        return cls(by_style(styles), by_style(sixteen), of_256)

    def spec(self, style: str, depth: str) -> str:
        """Return a style's spec for terminals of that depth."""
        others = {"16": self.sixteen, "256": self.of_256}.get(depth, {})
        return others.get(style, self.styles.get(style, ""))


class Block(NamedTuple):
    """The background of a powerline segment: `#rrggbb`, and its name among the 16.

    `of_256` replaces the nearest of the 256 colors.
    """

    color: str
    sixteen: str
    of_256: str = ""

    def spec(self, depth: str) -> str:
        """Return the color for terminals of that depth."""
        return {"16": self.sixteen, "256": self.of_256}.get(depth) or self.color


class Theme(NamedTuple):
    """A theme.

    dark, light  palettes for either background; without `light`, `dark` is used for both
    only         `dark` or `light` if `dark` is a palette for that background, whatever the
                 terminal has
    glyphs       those that differ from GLYPHS
    blocks       backgrounds by segment, "*" for the others
    light_blocks those on a light background
    """

    name: str
    about: str
    dark: Palette
    light: Palette | None = None
    separator: str = " │ "
    pad: str = ""
    glyphs: Mapping[str, str] = MappingProxyType({})
    blocks: Mapping[str, Block] = MappingProxyType({})
    light_blocks: Mapping[str, Block] = MappingProxyType({})
    ascii: bool = False
    only: str = ""

    def palettes(self) -> tuple[Palette | None, Palette | None]:
        """Return the palettes for dark and for light backgrounds."""
        return (None, self.dark) if self.only == "light" else (self.dark, self.light)


def with_visible_bars(styles: dict[str, str], glyphs: Mapping[str, str]) -> dict[str, str]:
    """Return styles without a groove, which would hide the empty part of bars of other glyphs."""
    has_other_bars = glyphs.keys() & {"full", "parts", "empty"}
    return {"groove": "", **styles} if has_other_bars else styles


def resolve(theme: Theme, icons: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the theme as the status line reads it, with SGR codes for each depth.

    `icons` by segment are given if the terminal has a Nerd Font.
    """
    nerd_font = icons is not None and not theme.ascii
    glyphs: dict[str, Any] = {**GLYPHS, **theme.glyphs, **(NERD_GLYPHS if nerd_font else {})}
    if theme.ascii:
        glyphs["ascii"] = True
    resolved: dict[str, Any] = {
        "name": theme.name,
        "separator": theme.separator,
        "pad": theme.pad,
        "glyphs": glyphs,
        "icons": dict(icons or {}) if nerd_font else {},
        "styles": _styles(theme.dark),
    }
    if theme.light is not None:
        resolved["light"] = _styles(theme.light)
    if theme.blocks:
        resolved["blocks"] = _blocks(theme.blocks)
        resolved["caps"] = list(NERD_CAPS) if nerd_font else ["", "", ""]
    if theme.light_blocks:
        resolved["light_blocks"] = _blocks(theme.light_blocks)
    return resolved


def _styles(palette: Palette) -> dict[str, dict[str, str]]:
    return {
        depth: {
            name: colors.codes(colors.parse(palette.spec(name, depth)), depth) for name in STYLES
        }
        for depth in colors.DEPTHS
    }


def _blocks(blocks: Mapping[str, Block]) -> dict[str, dict[str, list[str]]]:
    return {
        depth: {kind: _block(block, depth) for kind, block in blocks.items()}
        for depth in colors.DEPTHS
    }


def _block(block: Block, depth: str) -> list[str]:
    color = colors.parse(block.spec(depth)).text or 0
    return [colors.color_code(color, depth), colors.color_code(color, depth, background=True)]
