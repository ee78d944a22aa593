from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.line import theme
from usageline.line._defaults import THEME as DEFAULT
from usageline.line.render import paint_row
from usageline.line.theme import TerminalTheme

ANYTHING = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["1;31", "\x1b[0m", "48;5;24", "\ue0b0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["16", "256", "true", "*", "name"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
BLOCKS: dict[str, Any] = {
    "separator": " | ",
    "pad": " ",
    "styles": {"16": {"name": "1"}},
    "blocks": {"16": {"*": ["34", "44"], "git": ["32", "42"]}},
    "caps": ["", ">", ">"],
}


TRUE = (
    *(
        "xterm-kitty",
        "xterm-ghostty",
        "alacritty",
        "foot",
        "foot-extra",
        "wezterm",
        "contour",
        "rio",
    ),
    *(
        "iterm2",
        "mlterm",
        "mintty",
        "tmux-direct",
        "xterm-direct256",
        "alacritty-direct",
        "eat-truecolor",
    ),
)
IN_256 = (
    *("tmux-256color", "screen-256color", "screen.xterm-256color", "rxvt-unicode-256color", "tmux"),
    *("st-256color", "putty-256color", "konsole-256color", "nsterm-256color"),
)
IN_16 = (
    "linux",
    "vt100",
    "vt220",
    "screen",
    "rxvt",
    "putty",
    "cygwin",
    "ansi",
    "linux-16color",
    "",
)
"""What ssh tells of a terminal is its TERM alone."""


@pytest.mark.parametrize(
    ("env", "wanted", "depth"),
    [
        ({}, "auto", "16"),
        ({"TERM": "xterm"}, "auto", "16"),
        ({"TERM": "xterm-256color"}, "auto", "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "auto", "true"),
        ({"TERM": "xterm-direct"}, "auto", "true"),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, "auto", "256"),
        ({"TERM": "xterm", "TERM_PROGRAM": "WezTerm"}, "auto", "true"),
        *(({"TERM": term}, "auto", "true") for term in TRUE),
        *(({"TERM": term}, "auto", "256") for term in IN_256),
        *(({"TERM": term}, "auto", "16") for term in IN_16),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "auto", "true"),
        ({"TERM": "xterm-kitty"}, "16", "16"),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, "auto", ""),
        ({"TERM": "dumb"}, "auto", ""),
        ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, "auto", "16"),
        ({"TERM": "dumb", "CLICOLOR_FORCE": "0"}, "auto", ""),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1", "COLORTERM": "truecolor"}, "auto", ""),
        ({"NO_COLOR": ""}, "auto", "16"),
        ({"NO_COLOR": "1"}, "256", ""),
        ({"TERM": "dumb"}, "256", "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "16", "16"),
        ({}, "truecolor", "true"),
        ({"COLORTERM": "truecolor"}, "none", ""),
    ],
)
def test_the_color_depth_is_the_terminals_unless_it_is_overridden(
    env: dict[str, str], wanted: str, depth: str
) -> None:
    assert theme.color_depth(env, wanted) == depth


def test_a_theme_that_lacks_a_depth_serves_it_with_the_next_smaller_one() -> None:
    assert (
        TerminalTheme({"styles": {"16": {"name": "1"}}}, {"COLORTERM": "truecolor"}).styles["name"]
        == "1"
    )


def test_the_light_variant_is_used_when_claude_codes_theme_is_light() -> None:
    both = {"styles": {"16": {"name": "1"}}, "light": {"16": {"name": "4"}}}
    assert TerminalTheme(both, {}, is_light=True).styles["name"] == "4"
    assert TerminalTheme(both, {}).styles["name"] == "1"


def test_an_ansi_theme_of_the_clients_has_the_16_colors_unless_others_are_configured() -> None:
    both = {"styles": {"16": {"name": "1"}, "true": {"name": "38;2;1;2;3"}}}
    env = {"COLORTERM": "truecolor"}
    assert TerminalTheme(both, env, ansi=True).styles["name"] == "1"
    assert TerminalTheme(both, env, ansi=True, color="truecolor").styles["name"] == "38;2;1;2;3"
    assert TerminalTheme(both, {**env, "NO_COLOR": "1"}, ansi=True).styles == {}
    assert TerminalTheme(both, {"TERM": "dumb"}, ansi=True).styles == {}


@pytest.mark.parametrize(
    ("colors", "name"),
    [
        ("15;0", "dark"),
        ("0;15", "light"),
        ("0;default;15", "light"),
        ("12;8", "dark"),
        ("15;default", "16"),
        ("x", "16"),
    ],
)
def test_colorfgbg_is_a_hint_while_nothing_else_says_the_background(colors: str, name: str) -> None:
    theme = {
        "styles": {"16": {"name": "1"}, "true": {"name": "2"}},
        "light": {"true": {"name": "3"}},
    }
    code = {"16": "1", "dark": "2", "light": "3"}[name]
    env = {"COLORTERM": "truecolor", "COLORFGBG": colors}
    assert TerminalTheme(theme, env).styles["name"] == code
    assert TerminalTheme(theme, env, is_light=False).styles["name"] == "2"


def test_a_part_has_the_codes_of_all_its_styles_and_is_closed() -> None:
    look = TerminalTheme({"styles": {"16": {"warning": "33", "groove": "100"}}}, {})
    assert (
        theme.painted_parts([("warning groove", "█"), ("plain", "x")], look)
        == "\x1b[33;100m█\x1b[0mx"
    )


def test_the_empty_part_of_a_bar_is_a_groove_if_the_theme_has_one() -> None:
    assert (
        theme.painted_parts(
            [("track", "░░")], TerminalTheme({"styles": {"16": {"groove": "100"}}}, {})
        )
        == "\x1b[100m  \x1b[0m"
    )


def test_blocks_stand_on_backgrounds_with_caps_between() -> None:
    text = paint_row(
        [("model", [("name", "M")]), ("git", [("plain", "g")])], TerminalTheme(BLOCKS, {})
    )
    assert text == (
        "\x1b[44m \x1b[0m\x1b[44;1mM\x1b[0m\x1b[44m \x1b[0m\x1b[34;42m>\x1b[0m"
        "\x1b[42m \x1b[0m\x1b[42mg\x1b[0m\x1b[42m \x1b[0m\x1b[32m>\x1b[0m"
    )


@pytest.mark.parametrize(
    ("caps", "shown"),
    [
        (["", "", ""], "\x1b[44m \x1b[0m\x1b[44;90m▏\x1b[0m"),
        (["", "\ue0b0", "\ue0b0"], "\x1b[44m \x1b[0m\x1b[44;90m\ue0b1\x1b[0m\x1b[44m \x1b[0m"),
        (["", "/", ""], "\x1b[44m \x1b[0m\x1b[44;90m/\x1b[0m\x1b[44m \x1b[0m"),
    ],
)
def test_a_thin_line_of_the_same_width_separates_two_blocks_of_one_color(
    caps: list[str], shown: str
) -> None:
    look = TerminalTheme({**BLOCKS, "styles": {"16": {"separator": "90"}}, "caps": caps}, {})
    texts = [
        paint_row([("model", [("", "M")]), (kind, [("", "x")])], look)
        for kind in ("directory", "git")
    ]
    assert f"\x1b[44mM\x1b[0m{shown}\x1b[44mx\x1b[0m" in texts[0]
    assert len({len(re.sub(r"\x1b\[[\d;]*m", "", text)) for text in texts}) == 1


def test_a_separator_stands_between_blocks_without_colors() -> None:
    assert (
        paint_row(
            [("model", [("name", "M")]), ("git", [("plain", "g")])],
            TerminalTheme(BLOCKS, {"NO_COLOR": "1"}),
        )
        == "M | g"
    )


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.com/1", True),
        ("http://example.com", True),
        ("javascript:alert(1)", False),
        ("https://x\x1b\\", False),
        ("https://x\x07", False),
        ("https://é", False),
        ("https://" + "x" * 3000, False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: Any, *, linked: bool) -> None:
    text = theme.painted_parts(
        [("link", "#1", url)], TerminalTheme(DEFAULT, {"TERM": "xterm", "NO_COLOR": "1"})
    )
    assert text == (f"\x1b]8;;{url}\x1b\\#1\x1b]8;;\x1b\\" if linked else "#1")


@given(
    st.dictionaries(
        st.sampled_from(
            ["separator", "pad", "glyphs", "icons", "styles", "light", "blocks", "caps", "name"]
        ),
        ANYTHING,
    )
)
def test_no_theme_can_break_the_line_or_smuggle_an_escape_into_it(hostile: dict[str, Any]) -> None:
    for env in ({}, {"COLORTERM": "truecolor"}, {"NO_COLOR": "1"}):
        look = TerminalTheme(hostile, env, is_light=True)
        text = paint_row(
            [("model", [("name", "M"), ("track", "--")]), ("git", [("plain", "g")])], look
        )
        for piece in text.split("\x1b")[1:]:
            code, final, _ = piece[1:].partition("m")
            assert piece[0] == "["
            assert final
            assert code.replace(";", "").isdigit()
