"""Colors are adjusted in lightness alone, and only if they are hard to read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.themes.color_vision import contrast as measured
from usageline.themes import colors, contrast
from usageline.themes.palettes import PALETTES, Published

RGB = st.tuples(*[st.integers(0, 255)] * 3)
DARK, LIGHT = (30, 30, 46), (239, 241, 245)


def hue(color: colors.Rgb) -> tuple[float, float]:
    """Return the chroma and the hue (degrees) of a color in Oklab."""
    _, a, b = colors.oklab(color)
    return math.hypot(a, b), math.degrees(math.atan2(b, a))


@given(RGB, st.booleans())
def test_adjusted_color_is_legible_and_keeps_its_hue(color: colors.Rgb, lighter: bool) -> None:
    ground = DARK if lighter else LIGHT
    after = contrast.adjusted(color, [ground], 4.5, lighter=lighter)
    assert measured(after, ground) >= 4.5
    if measured(color, ground) >= 4.5:
        assert after == color
    (chroma, degrees), (chroma_after, degrees_after) = hue(color), hue(after)
    assert chroma_after <= chroma + 0.01
    if chroma_after > 0.04:  # the hue of a gray is that of its rounding
        assert abs((degrees - degrees_after + 180) % 360 - 180) < 8


@given(RGB)
def test_adjustment_is_the_smallest(color: colors.Rgb) -> None:
    """The result has just the contrast that it needs."""
    after = contrast.adjusted(color, [DARK], 4.5, lighter=True)
    if after != color:
        assert measured(after, DARK) < 4.75


@given(RGB, st.sampled_from([DARK, LIGHT]))
def test_nearest_of_256_is_legible(color: colors.Rgb, ground: colors.Rgb) -> None:
    assert measured(colors.rgb(contrast.nearest_of_256(color, [ground], 4.5)), ground) >= 4.5


@given(RGB)
def test_oklab_is_reversible(color: colors.Rgb) -> None:
    assert colors.from_oklab(*colors.oklab(color)) == color


@pytest.mark.parametrize("published", PALETTES, ids=lambda published: published.name)
def test_legible_colors_of_a_palette_are_as_published(published: Published) -> None:
    """Those that are not are reported, each once, with the color before and after."""
    for colors_of, fitted in zip(
        (published.dark, published.light), published.fitted(), strict=True
    ):
        if colors_of is None or fitted is None:
            continue
        changed = {style: (before, after) for style, before, after in fitted.changes}
        assert len(changed) == len(fitted.changes)
        for style, spec in colors_of.styles().items():
            before, after = changed.get(style, ("", ""))
            assert fitted.styles[style] == spec.replace(before, after) if before else spec


def test_palettes_have_the_colors_that_their_authors_publish() -> None:
    """A spot check of red and green."""
    published = {one.name: one for one in PALETTES}
    colors = {
        name: (one.dark.normal, one.dark.critical)
        for name, one in published.items()
        if one.dark is not None
    }
    expected = {
        "catppuccin": ("#a6e3a1", "#f38ba8"),
        "catppuccin-frappe": ("#a6d189", "#e78284"),
        "catppuccin-macchiato": ("#a6da95", "#ed8796"),
        "catppuccin-mocha": ("#a6e3a1", "#f38ba8"),
        "nord": ("#a3be8c", "#bf616a"),
        "gruvbox": ("#b8bb26", "#fb4934"),
        "tokyo-night": ("#9ece6a", "#f7768e"),
        "dracula": ("#50fa7b", "#ff5555"),
        "rose-pine": ("#9ccfd8", "#eb6f92"),
        "solarized": ("#859900", "#dc322f"),
        "one-dark": ("#98c379", "#e06c75"),
    }
    assert colors | expected == colors
    assert (published["catppuccin-latte"].light.normal, published["nord"].light.text) == (
        "#40a02b",
        "#2e3440",
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("bold red", "bold red"),
        ("bold 1", "bold 1"),
        ("", ""),
        ("dim", "dim"),
        ("underline #333333 on #222222", "underline #898989 on #222222"),
        ("#cccccc on #ffffff", "#767676 on #ffffff"),
    ],
)
def test_spec_keeps_its_attributes_and_the_terminals_own_colors(spec: str, expected: str) -> None:
    """A background of its own is the one that counts."""
    fitted = contrast.fit({"plain": spec}, contrast.DARK_BACKGROUNDS, light=False)
    assert fitted.styles["plain"] == expected
