"""The parts of a theme, and their resolution to what the status line reads."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.core.appearance import GLYPHS
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

STROKES = ("track", "groove", "mark", "separator")
"""Styles of lines and bars; all others are of words, which must be legible."""

NERD_GLYPHS = {"branch": "", "alert": ""}
"""Segments with an icon need no glyph."""

NERD_CAPS = ("", "\ue0b0", "\ue0b0")


class Palette(NamedTuple):
    """Color specs by style, and specs for 16 colors that replace the nearest ones."""

    styles: dict[str, str]
    sixteen: dict[str, str]


class Block(NamedTuple):
    """The background of a powerline segment: `#rrggbb`, and its name among the 16."""

    color: str
    sixteen: str


class Theme(NamedTuple):
    """A theme.

    dark, light  palettes for either background; without `light`, `dark` is used for both
    glyphs       those that differ from GLYPHS
    blocks       backgrounds by segment, "*" for the others
    """

    name: str
    about: str
    dark: Palette
    light: Palette | None = None
    separator: str = " │ "
    pad: str = ""
    glyphs: Mapping[str, str] = MappingProxyType({})
    blocks: Mapping[str, Block] = MappingProxyType({})
    ascii: bool = False


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
        resolved["blocks"] = {
            depth: {kind: _block(block, depth) for kind, block in theme.blocks.items()}
            for depth in colors.DEPTHS
        }
        resolved["caps"] = list(NERD_CAPS) if nerd_font else ["", "", ""]
    return resolved


def _styles(palette: Palette) -> dict[str, dict[str, str]]:
    specs = {name: palette.styles.get(name, "") for name in STYLES}
    return {
        depth: {
            name: colors.codes(
                colors.parse(palette.sixteen.get(name, spec) if depth == "16" else spec), depth
            )
            for name, spec in specs.items()
        }
        for depth in colors.DEPTHS
    }


def _block(block: Block, depth: str) -> list[str]:
    color = colors.parse(block.sixteen if depth == "16" else block.color).text or 0
    return [colors.color_code(color, depth), colors.color_code(color, depth, background=True)]
