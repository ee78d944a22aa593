"""Color specs and what terminals of three depths make of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.themes import colors

CHANNEL = st.integers(0, 255)


@pytest.mark.parametrize(
    ("spec", "sixteen", "of_256", "true"),
    [
        ("", "", "", ""),
        ("red", "31", "31", "31"),
        ("bold Bright-Red", "1;91", "1;91", "1;91"),
        ("red on white", "31;47", "31;47", "31;47"),
        ("on bright-black", "100", "100", "100"),
        ("7", "37", "37", "37"),
        ("208", "91", "38;5;208", "38;5;208"),
        ("underline #ff0000", "4;91", "4;38;5;196", "4;38;2;255;0;0"),
        ("#1e1e1e on #ffffff", "30;107", "38;5;234;48;5;231", "38;2;30;30;30;48;2;255;255;255"),
        ("dim italic reverse", "2;3;7", "2;3;7", "2;3;7"),
    ],
)
def test_a_spec_becomes_codes(spec: str, sixteen: str, of_256: str, true: str) -> None:
    """For each depth; names of the 16 stay the terminal's own."""
    parsed = colors.parse(spec)
    assert [colors.codes(parsed, depth) for depth in colors.DEPTHS] == [sixteen, of_256, true]


@pytest.mark.parametrize(
    "spec",
    [
        "rde",
        "red blue",
        "256",
        "-1",
        "#fff",
        "#gggggg",
        "on",
        "red on",
        "on red on blue",
        "bold;31",
        "٣",
    ],
)
def test_other_words_are_refused(spec: str) -> None:
    """The error has the unknown word."""
    with pytest.raises(ValueError, match=r"^\S+$"):
        colors.parse(spec)


@given(CHANNEL, CHANNEL, CHANNEL)
def test_the_nearest_of_256_is_near(red: int, green: int, blue: int) -> None:
    """It is at most a shade farther than the best of all 240, which takes ten times as long."""
    wanted = (red, green, blue)
    aim = colors.oklab(wanted)

    def distance(index: int) -> float:
        return float(
            sum((a - b) ** 2 for a, b in zip(colors.oklab(colors.rgb(index)), aim, strict=True))
            ** 0.5
        )

    assert distance(colors.nearest(wanted)) <= min(map(distance, range(16, 256))) + 0.06


@given(st.integers(16, 255))
def test_a_color_of_the_256_is_its_own_nearest(index: int) -> None:
    """Or one with the same values."""
    assert colors.rgb(colors.nearest(colors.rgb(index))) == colors.rgb(index)


@given(st.text(max_size=30))
def test_any_text_is_a_spec_or_refused(spec: str) -> None:
    """The codes are digits and semicolons."""
    try:
        parsed = colors.parse(spec)
    except ValueError:
        return
    for depth in colors.DEPTHS:
        assert colors.codes(parsed, depth).replace(";", "").isdigit() or not colors.codes(
            parsed, depth
        )
