"""Themes are complete, legible on their backgrounds, and safe for color-blind users."""

from __future__ import annotations

import json
import os
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import pytest

from tests.themes.color_vision import DARK_BACKGROUNDS, LIGHT_BACKGROUNDS, VISIONS, apart, contrast
from usageline import themes
from usageline.config.segments import icons
from usageline.core.text import display_width
from usageline.line._color_blind import THEME as COLOR_BLIND
from usageline.line._defaults import THEME as DEFAULT
from usageline.themes import colors, default
from usageline.themes.contrast import STROKES
from usageline.themes.palettes import PALETTES
from usageline.themes.theme import STYLES, Palette, Theme, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.themes.colors import Rgb

ALL = [themes.find(name) for name in themes.NAMES]
DEPTHS = ("256", "true")
SEVERITIES = ("normal", "warning", "critical")
NO_NUMBERS = ("model", "directory")
"""Segments that never show how grave something is."""


def _of(spec: str) -> Rgb:
    color = colors.parse(spec).text
    assert color is not None
    return colors.rgb(color)


def _shown(color: Rgb, depth: str) -> Rgb:
    return color if depth == "true" else colors.rgb(colors.nearest(color))


def _word(palette: Palette, style: str, depth: str) -> Rgb:
    """Return the color of a style's text in a terminal of that depth."""
    text = colors.parse(palette.spec(style, depth)).text
    assert text is not None
    return colors.rgb(text)


def _grounds(theme: Theme) -> Iterator[tuple[str, Palette, dict[str, Rgb]]]:
    """Yield the backgrounds of a theme: a name, its palette there, and the color by depth."""
    if theme.blocks:
        for blocks, palette in ((theme.blocks, theme.dark), (theme.light_blocks, theme.light)):
            for kind, block in blocks.items():
                assert palette
                yield kind, palette, {depth: _of(block.spec(depth)) for depth in DEPTHS}
        return
    dark, light = theme.palettes()
    own = next((published for published in PALETTES if published.name == theme.name), None)
    if dark is not None:
        for background in (*DARK_BACKGROUNDS, *([own.dark.background] if own and own.dark else [])):
            yield background, dark, dict.fromkeys(DEPTHS, _of(background))
    if light is not None:
        for background in (*LIGHT_BACKGROUNDS, *([own.light.background] if own else [])):
            yield background, light, dict.fromkeys(DEPTHS, _of(background))


@pytest.mark.parametrize("theme", ALL, ids=themes.NAMES)
def test_every_word_is_legible_on_every_background_that_the_theme_is_meant_for(
    theme: Theme,
) -> None:
    """WCAG 2.2, AA for text, AAA for high-contrast; in 24 bits and in 256 colors."""
    minimum = 7 if theme.name == "high-contrast" else 4.5
    for ground, palette, behind in _grounds(theme):
        grave = (
            {"warning", "critical", "alert", "normal", "added", "removed"}
            if ground in NO_NUMBERS
            else set()
        )
        for style in STYLES.keys() - grave - set(STROKES):
            for depth in ("256", "true"):
                ratio = contrast(
                    _shown(_word(palette, style, depth), depth),
                    _shown(behind[depth], depth) if theme.blocks else behind[depth],
                )
                assert ratio >= minimum, (
                    f"{theme.name}: `{style}` on {ground} has, in {depth} colors, a contrast of "
                    f"{ratio:.1f} to 1; words need {minimum} (WCAG 2.2): choose a lighter color "
                    "for a dark background, or a darker one for a light background"
                )


@pytest.mark.parametrize("theme", ALL, ids=themes.NAMES)
def test_a_bar_stands_out_from_its_groove(theme: Theme) -> None:
    """WCAG 2.2 for graphics."""
    for palette, depth in product(filter(None, (theme.dark, theme.light)), ("256", "true")):
        groove = colors.parse(palette.spec("groove", depth)).background
        if groove is None:
            continue
        for style in SEVERITIES:
            bar = _shown(_word(palette, style, depth), depth)
            assert contrast(bar, _shown(colors.rgb(groove), depth)) >= 3, style


@pytest.mark.parametrize("theme", ALL, ids=themes.NAMES)
def test_severities_look_different(theme: Theme) -> None:
    """In 256 colors, too, by nearly ten times the smallest visible distance."""
    for palette, depth in product(filter(None, (theme.dark, theme.light)), ("256", "true")):
        for one, other in combinations(SEVERITIES, 2):
            distance = apart(
                _shown(_word(palette, one, depth), depth),
                _shown(_word(palette, other, depth), depth),
                "all",
            )
            assert distance > 20, (one, other, depth)


@pytest.mark.parametrize("vision", VISIONS)
def test_severities_are_apart_for_every_kind_of_color_vision(vision: str) -> None:
    """In the theme for that, by ten times the smallest visible distance."""
    theme = themes.find("color-blind-safe")
    assert theme.light
    for palette in (theme.dark, theme.light):
        for depth in ("256", "true"):
            for one, other in combinations(SEVERITIES, 2):
                assert (
                    apart(
                        _shown(_word(palette, one, depth), depth),
                        _shown(_word(palette, other, depth), depth),
                        vision,
                    )
                    > 23
                ), (
                    one,
                    other,
                )


def test_red_and_green_are_what_that_theme_avoids() -> None:
    """The measure can fail: without red cones, the usual red and green are hardly apart."""
    assert (
        apart((190, 90, 50), (110, 115, 45), "protanopia")
        < 23
        < apart((190, 90, 50), (110, 115, 45), "all")
    )


@pytest.mark.parametrize("name", ["color-blind-safe", "high-contrast"])
def test_severities_differ_in_weight_too(name: str) -> None:
    """So that they differ in gray, too."""
    theme = themes.find(name)
    for palette in (theme.dark, theme.light):
        assert palette
        for specs in (palette.styles, palette.sixteen):
            assert len({colors.parse(specs[style]).attributes for style in SEVERITIES}) == 3


@pytest.mark.parametrize("theme", ALL, ids=themes.NAMES)
@pytest.mark.parametrize("nerd_font", [False, True])
def test_a_theme_resolves_to_what_the_line_reads(theme: Theme, *, nerd_font: bool) -> None:
    """Codes are digits and semicolons, glyphs of bars one cell wide, and all of it is JSON."""
    resolved = resolve(theme, icons() if nerd_font else None)
    assert json.loads(json.dumps(resolved)) == resolved
    for palette in (resolved["styles"], resolved.get("light", {})):
        for codes in palette.values():
            assert codes.keys() == STYLES.keys()
            assert all(not code or code.replace(";", "").isdigit() for code in codes.values())
    glyphs = resolved["glyphs"]
    assert all(display_width(glyphs[name]) == 1 for name in ("full", "empty", "mark"))
    assert [display_width(char) for char in glyphs["parts"]] in ([], [1] * 8)
    assert bool(resolved["icons"]) is (nerd_font and theme.name != "ascii")


def test_the_ascii_theme_is_ascii() -> None:
    """With a Nerd Font as well."""
    json.dumps(resolve(themes.find("ascii"), icons()), ensure_ascii=False).encode("ascii")


def test_arrows_need_a_nerd_font() -> None:
    """Without one the powerline theme has only blocks."""
    powerline = themes.find("powerline")
    assert resolve(powerline)["caps"] == ["", "", ""]
    assert resolve(powerline, icons())["caps"] == ["", "\ue0b0", "\ue0b0"]
    for kinds in resolve(powerline)["blocks"].values():
        assert kinds.keys() == powerline.blocks.keys()
        assert all(code.replace(";", "").isdigit() for pair in kinds.values() for code in pair)


@pytest.mark.parametrize("depth", DEPTHS)
def test_neighboring_blocks_differ(depth: str) -> None:
    """In 256 colors, too; without arrows a line separates them."""
    resolved = resolve(themes.find("powerline"))
    for name in ("blocks", "light_blocks"):
        kinds = resolved[name][depth]
        assert len({kinds[kind][1] for kind in ("session", "weekly", "*")}) == 3


def test_the_line_has_the_default_theme_built_in() -> None:
    """It neither imports nor reads a theme."""
    assert _without_empty(DEFAULT) == _without_empty(resolve(themes.find("default")))


def test_the_line_has_the_color_blind_theme_built_in() -> None:
    """For a color-blind theme of the client's own."""
    assert _without_empty(COLOR_BLIND) == _without_empty(resolve(themes.find("color-blind-safe")))


def test_every_theme_is_listed() -> None:
    """Each module is a theme, except those that all share; variants stand in the default's."""
    modules = {
        name.partition(".")[0]
        for name in os.listdir(os.path.dirname(themes.__file__))
        if name.endswith(".py")
    }
    shared = {"__init__", "theme", "colors", "contrast", "palettes"}
    variants = {theme.name for theme in default.VARIANTS}
    assert modules - shared == {name.replace("-", "_") for name in {*themes.OWN} - variants}
    assert [theme.name for theme in ALL] == list(themes.NAMES)
    assert all(0 < len(theme.about) < 100 for theme in ALL)


def _without_empty(value: Any) -> Any:
    return (
        {name: _without_empty(item) for name, item in value.items() if item != ""}
        if isinstance(value, dict)
        else value
    )
