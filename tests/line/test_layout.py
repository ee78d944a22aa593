from __future__ import annotations

import re
from typing import Any

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from usageline.line import layout

TEXTS = st.text(max_size=12) | st.sampled_from(["Opus 5.5", "日本語", "👩‍💻 x", "é́", "\x1b[31mred", "a\u202eb", "🇩🇪", "⚠️"])
PARTS = st.lists(st.tuples(st.sampled_from([*layout.COLOURS, "none"]), TEXTS), max_size=4)
SEGMENTS = st.lists(st.none() | st.lists(st.tuples(st.integers(0, 100), PARTS), max_size=4), max_size=8)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@given(SEGMENTS, st.integers(1, 200))
def test_no_line_is_wider_than_it_may_be(segments: list[Any], width: int) -> None:
    text = layout.paint(layout.fit(segments, width), {})
    assert layout.cells(text) <= width


@given(TEXTS)
def test_our_cells_are_never_fewer_than_a_terminal_takes(text: str) -> None:
    assert layout.cells(layout.clean(text)) >= wcwidth.wcswidth(layout.clean(text))


@given(SEGMENTS, st.integers(1, 200))
def test_every_escape_in_a_line_is_ours_whole_and_closed(segments: list[Any], width: int) -> None:
    line = layout.paint(layout.fit(segments, width), layout.COLOURS)
    found = ESCAPE.findall(line)
    assert "\x1b" not in ESCAPE.sub("", line)
    assert found[1::2] == ["\x1b[0m"] * (len(found) // 2)
    assert {code[2:-1] for code in found[::2]} <= set(layout.COLOURS.values())


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\y",
        "\x9b31m",
        "a\rb",
        "a\nb",
        "\u202eabc",
        "\u2066x\u2069",
        "\u200bx",
        "\ud800",
        "\x00",
        "\x7f",
        "\ufeff",
    ],
)
def test_nothing_a_terminal_acts_on_survives_cleaning(text: str) -> None:
    assert layout.clean(text).isprintable()


def test_forms_are_given_up_by_rank_least_first() -> None:
    segments = [
        [(20, [("plain", "aaaa")]), (80, [("plain", "a")])],
        [(10, [("plain", "bbbb")])],
        [(30, [("plain", "cccc")])],
    ]
    shown = [layout.paint(layout.fit(segments, width), {}) for width in (18, 17, 11, 10, 8, 7, 1)]
    assert shown == ["aaaa │ bbbb │ cccc", "aaaa │ cccc", "aaaa │ cccc", "a │ cccc", "a │ cccc", "a", "a"]


def test_the_last_segment_is_cut_rather_than_dropped() -> None:
    assert layout.paint(layout.fit([[(50, [("plain", "sign in: "), ("name", "/login")])]], 11), {}) == "sign in: /…"


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)])
def test_colour_is_left_out_where_the_environment_asks(env: dict[str, str], coloured: bool) -> None:
    assert ("\x1b" in layout.paint([("warning", "x")], layout.palette(env))) == coloured
