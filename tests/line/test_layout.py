from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.text import display_width, sanitize
from usageline.line import _defaults, layout, render, theme, wrapping
from usageline.line.context import StatusContext
from usageline.line.render import paint_row

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["Opus 5.5", "日本語", "👩‍💻 x", "é́", "\x1b[31mred", "a\u202eb", "🇩🇪", "⚠️"]
)
STYLES: dict[str, str] = _defaults.THEME["styles"]["16"]
PARTS = st.lists(st.tuples(st.sampled_from([*STYLES, "none"]), TEXTS), max_size=4)
SEGMENTS = st.lists(
    st.tuples(
        st.sampled_from(["model", "git"]),
        st.lists(st.tuples(st.integers(0, 100), PARTS), max_size=4),
    ),
    max_size=8,
)
JOINTS = st.builds(
    layout.RowSpacing,
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 3),
    st.sampled_from(["…", "..."]),
)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
LINK = re.compile(r"\x1b\]8;;[!-~]*\x1b\\")


def look(**env: str) -> theme.TerminalTheme:
    return theme.TerminalTheme(_defaults.THEME, env)


def shown(segments: list[Any], width: int) -> str:
    """Return a row of the default theme without colors."""
    return str(
        paint_row(
            layout.fit_row(layout.sanitized(segments), width, layout.RowSpacing())[0],
            look(NO_COLOR="1"),
        )
    )


@given(SEGMENTS, st.integers(1, 200))
def test_no_row_is_wider_than_it_may_be(segments: list[Any], width: int) -> None:
    assert display_width(shown(segments, width)) <= width


@given(SEGMENTS, st.integers(6, 200), JOINTS)
def test_no_row_with_other_spacing_is_wider_than_it_may_be(
    segments: list[Any], width: int, joint: layout.RowSpacing
) -> None:
    row, _ = layout.fit_row(layout.sanitized(segments), width, joint)
    assert wrapping.row_width(row, joint) <= width


@given(st.lists(SEGMENTS, max_size=4), st.integers(6, 200), JOINTS, st.integers(1, 8))
def test_a_wrapped_row_keeps_to_its_width_and_its_lines(
    rows: list[Any], width: int, joint: layout.RowSpacing, most: int
) -> None:
    rows = [
        row
        for row in ([segment for segment in layout.sanitized(row) if segment[1]] for row in rows)
        if row
    ]
    lines = wrapping.wrap(rows, width, joint, most)[0]
    assert len(lines) <= most
    assert all(wrapping.row_width(line, joint) <= width for line in lines)


def test_a_wrapped_row_gives_up_nothing_while_there_are_lines() -> None:
    row: Any = [("model", [(rank, [("plain", letter * 4)])]) for rank, letter in enumerate("abc")]
    texts = [
        [parts[0][1] for _, parts in line]
        for line in wrapping.wrap([row], 11, layout.RowSpacing(), 2)[0]
    ]
    assert texts == [["aaaa", "bbbb"], ["cccc"]]
    texts = [
        [parts[0][1] for _, parts in line]
        for line in wrapping.wrap([row], 11, layout.RowSpacing(), 1)[0]
    ]
    assert texts == [["bbbb", "cccc"]]


def test_no_character_takes_more_cells_than_we_reckon() -> None:
    short = [
        hex(point)
        for point in range(0x110000)
        if (char := chr(point)).isprintable() and display_width(char) < wcwidth.wcwidth(char)
    ]
    assert short == []


@given(TEXTS)
def test_our_cells_are_never_fewer_than_a_terminal_takes(text: str) -> None:
    assert display_width(sanitize(text)) >= wcwidth.wcswidth(sanitize(text))


@given(SEGMENTS, st.integers(1, 200))
def test_every_escape_in_a_line_is_ours_whole_and_closed(segments: list[Any], width: int) -> None:
    line = paint_row(
        layout.fit_row(layout.sanitized(segments), width, layout.RowSpacing())[0],
        look(TERM="xterm"),
    )
    escapes = ESCAPE.findall(line)
    assert "\x1b" not in ESCAPE.sub("", line)
    assert escapes[1::2] == ["\x1b[0m"] * (len(escapes) // 2)
    assert {code[2:-1] for code in escapes[::2]} <= set(STYLES.values())


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
    assert sanitize(text).isprintable()


def test_segments_come_back_by_priority_and_then_richer_variants() -> None:
    segments = [
        ("model", [(20, [("plain", "aaaa")]), (80, [("plain", "a")])]),
        ("context", [(10, [("plain", "bbbb")])]),
        ("session", [(30, [("plain", "cccc")])]),
    ]
    assert [shown(segments, width) for width in (18, 17, 14, 11, 8, 7, 4, 3)] == [
        *("aaaa │ bbbb │ cccc", "aaaa │ cccc", "aaaa │ cccc", "aaaa │ cccc"),
        *("a │ cccc", "aaaa", "aaaa", "a"),
    ]


def test_the_last_segment_is_cut_rather_than_dropped() -> None:
    assert (
        shown([("status", [(50, [("plain", "sign in: "), ("name", "/login")])])], 11)
        == "sign in: /…"
    )


def test_an_ascii_theme_lets_nothing_else_through() -> None:
    cleaned = layout.sanitized([("directory", [(1, [("plain", "日本/é")])])], ascii_only=True)
    assert cleaned == [("directory", [(1, [("plain", "??/?")])])]


MARK = "\u0dcf"
TEXT = [
    [("text", {"text": MARK * 2}), ("text", {"text": MARK + "a"})],
    [("text", {"text": MARK + "b"})],
]
BLOCKS = {"16": {"*": ["30;42", "30"]}}


@pytest.mark.parametrize(
    "configured",
    [
        {"rows": TEXT},
        {"rows": TEXT, "lines": 4},
        {"rows": TEXT, "theme": {"separator": MARK}},
        {"rows": TEXT, "theme": {"icons": {"text": MARK}, "styles": {"16": {"label": "31"}}}},
        {"rows": TEXT, "theme": {"blocks": BLOCKS, "pad": MARK, "separator": ""}},
        {"rows": TEXT, "theme": {"blocks": BLOCKS, "pad": MARK, "caps": [MARK, MARK, MARK]}},
        {"rows": TEXT, "theme": {"glyphs": {"ellipsis": MARK}}},
        *(
            {"rows": TEXT, "chain": {"position": position}}
            for position in ("above", "below", "left", "right")
        ),
    ],
)
@pytest.mark.parametrize("width", [1, 3, 40])
def test_no_row_begins_with_a_combining_mark(configured: dict[str, Any], width: int) -> None:
    """A terminal would draw the mark on the row above."""
    chained: Any = [
        [("31", MARK, "https://example.org/m"), ("", MARK + "c", "")],
        [("", MARK, ""), ("", "d", "")],
    ]
    rows = render.render(
        StatusContext(1),
        configured,
        {"TERM": "xterm"},
        chained if "chain" in configured else (),
        width,
    )
    texts = [LINK.sub("", ESCAPE.sub("", row)) for row in rows]
    assert any("a" in text for text in texts) or width < 40
    assert not [text for text in texts if unicodedata.category(text[:1] or "x")[0] == "M"]
