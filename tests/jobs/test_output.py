"""Parsing a program's output: only colors and web links stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.jobs import MAX_CELLS, MAX_CHAIN_ROWS, MAX_PARTS, is_web_link
from usageline.core.text import display_width
from usageline.jobs import ansi
from usageline.line.chain import MAX_CODES

PIECES = st.sampled_from(
    [
        "\x1b",
        "[",
        "]",
        "8;",
        ";",
        "m",
        "38",
        "31",
        "H",
        "\x07",
        "\\",
        "P",
        "_",
        "\x9b",
        "\x9d",
        "\x90",
        "\x9c",
        "\n",
        "\r",
        "\t",
        "http://x",
        "a",
        "é",
        "\u202e",
        "\u200b",
        "字",
        "\ufe0f",
        "\x00",
        "\x7f",
        "?25l",
        "0",
    ]
)
TERMINAL_TEXT = st.one_of(
    st.text(),
    st.binary().map(lambda data: data.decode("latin-1")),
    st.lists(PIECES, max_size=40).map("".join),
)


def parts(text: str) -> list[list[str]]:
    """Return the parts of the only row."""
    (row,) = ansi.parse_rows(text.encode())
    return row


@given(TERMINAL_TEXT)
def test_output_contains_no_escape(text: str) -> None:
    for row in ansi.parse_rows(text.encode("utf-8", "surrogatepass")):
        assert sum(display_width(part[1]) for part in row) <= MAX_CELLS
        for codes, visible, url in row:
            assert re.fullmatch("[0-9;]*", codes)
            assert len(codes) <= MAX_CODES
            assert visible.isprintable()
            assert visible
            assert not url or re.fullmatch("(?i)https?://[!-~]*", url)


@given(st.binary(max_size=3000))
def test_any_bytes_are_parsed(data: bytes) -> None:
    assert len(ansi.parse_rows(data)) <= MAX_CHAIN_ROWS


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "1", "31", "1;38;5;200", "4;48;2;1;2;3"]),
            st.text("ab c", min_size=1),
        ),
        min_size=1,
    )
)
def test_colored_text_keeps_its_colors(colored: list[tuple[str, str]]) -> None:
    text = "".join(f"\x1b[0;{codes}m{visible}\x1b[m" for codes, visible in colored)
    expected: list[list[str]] = []
    for codes, visible in colored:
        if expected and expected[-1][0] == codes:
            expected[-1][1] += visible
        else:
            expected.append([codes, visible, ""])
    rows = ansi.parse_rows(text.encode())
    assert rows == (
        [expected[:MAX_PARTS]] if "".join(visible for _, visible in colored).strip() else []
    )


@pytest.mark.parametrize(
    ("text", "expected_row"),
    [
        ("plain", [["", "plain", ""]]),
        ("\x1b[1mbold\x1b[22m not", [["1", "bold", ""], ["", " not", ""]]),
        ("\x1b[31;44mr\x1b[39mg", [["31;44", "r", ""], ["44", "g", ""]]),
        ("\x1b[38;5;256mx", [["", "x", ""]]),
        ("\x1b[38;2;1;2mx", [["", "x", ""]]),
        ("\x1b[38mx", [["", "x", ""]]),
        ("\x1b[38:2::1:2:3mx", [["", "x", ""]]),
        ("\x1b[?25l\x1b[2J\x1b[1;1Hx\x1b[K", [["", "x", ""]]),
        ("\x1b[31 mx", [["", "x", ""]]),
        ("\x1b]0;title\x07x", [["", "x", ""]]),
        ("\x1b]52;c;ZXZpbA==\x1b\\x", [["", "x", ""]]),
        ("\x1b]0;never ended", []),
        ("\x1bP1$tevil\x1b\\x", [["", "x", ""]]),
        ("\x1b_Gevil\x1b\\x", [["", "x", ""]]),
        ("\x9b31mx\x9d0;t\x9cy", [["31", "xy", ""]]),
        ("\x1b(0x\x1b7\x1bc", [["", "x", ""]]),
        ("a\rb\x08c\x7f\x00", [["", "abc", ""]]),
        ("a\tb", [["", "a b", ""]]),
        ("\u202eevil\u2066", [["", "evil", ""]]),
        (
            "\x1b]8;;https://e.org/?a=1;b\x1b\\link\x1b]8;;\x1b\\ x",
            [["", "link", "https://e.org/?a=1;b"], ["", " x", ""]],
        ),
        ("\x1b]8;id=1;http://e.org\x07link", [["", "link", "http://e.org"]]),
        ("\x1b]8;;file:///etc/passwd\x07link", [["", "link", ""]]),
        ("\x1b]8;;javascript:x\x07link", [["", "link", ""]]),
        ("\x1b]8;;http://e.org/\u202e\x07link", [["", "link", ""]]),
        ("\x1b]8;;http://e.org/" + "x" * 3000 + "\x07link", [["", "link", ""]]),
        ("\x1b]8\x07x", [["", "x", ""]]),
    ],
)
def test_other_sequences_are_removed(text: str, expected_row: list[list[str]]) -> None:
    assert ansi.parse_rows(text.encode()) == ([expected_row] if expected_row else [])


def test_color_continues_in_the_next_row_and_blank_rows_are_omitted() -> None:
    assert ansi.parse_rows(b"\x1b[32ma\r\n\r\n  \nb\n") == [[["32", "a", ""]], [["32", "b", ""]]]


def test_rows_are_limited_in_number_and_width() -> None:
    rows = ansi.parse_rows(("字" * 3000 + "\n").encode() * 20)
    assert len(rows) == MAX_CHAIN_ROWS
    assert {len(row[0][1]) for row in rows} == {MAX_CELLS // 2}


def test_parts_are_limited_in_number() -> None:
    assert len(parts("".join(f"\x1b[3{number % 8}mx" for number in range(5000)))) == MAX_PARTS


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http:",
        "ftp://x",
        "http://a b",
        "http://a\x1b",
        "http://a\n",
        "http://é",
        "https://" + "x" * 600,
    ],
)
def test_other_kind_of_url_is_no_web_link(url: str) -> None:
    assert not is_web_link(url)
