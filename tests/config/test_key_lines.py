"""The lines of keys in a TOML text: right for ordinary files, near for exotic ones."""

from __future__ import annotations

import time
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from usageline.config import file
from usageline.config.reporter import KeyLines, without_strings

TEXT = '''# a comment
a = 1
"b.c" = { d = [1, 2], e = "}#" }  # } "
f = [
  "x, ]",  # [
  [2, "y"],
  ["z"]
]
h.i = """
three "quotes"
a = 2
[k]
"""
j = \'\'\'\\
\'\'\'
[k . "l"]
m = 2026-01-01 10:00:00
[[n]]
o = 1
[[n]]
o = 2
[n.p]
q = 0
'''


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("a",), None, 2),
        (("b.c",), None, 3),
        (("b.c", "e"), None, 3),
        (("f", 0), "x, ]", 5),
        (("f", 1, 0), 2, 6),
        (("f", 2, 0), "z", 7),
        (("f", 2, 0), "not there", 4),
        (("h", "i"), None, 9),
        (("j",), None, 14),
        (("k", "l"), None, 16),
        (("k", "l", "m"), None, 17),
        (("n", "p", "q"), None, 23),
        (("n", "p", "nothing", "of", "the", "kind"), None, 22),
        (("nothing",), None, None),
    ],
)
def test_a_key_has_its_line(path: tuple[str | int, ...], value: object, line: int | None) -> None:
    """A path that is not there has the line of what would hold it."""
    tomlkit.parse(TEXT)
    assert KeyLines(TEXT).find(path, value) == line


def test_a_key_in_a_list_of_tables_has_the_first_line() -> None:
    """The schema has no list of tables, so its message needs only a line near by."""
    assert KeyLines(TEXT).find(("n", 1, "o")) == 19


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a = 1\nb = 1\na = 2\n", ("a",)),
        ("[a]\n[b]\n[a]\n", ("a",)),
        ("[a]\nb = 1\nb = 2", ("a", "b")),
        (TEXT, None),
    ],
)
def test_a_repeated_key_is_found(text: str, path: tuple[str, ...] | None) -> None:
    """The parser of Python 3.10 does not report its line; the second one is wrong."""
    lines = KeyLines(text)
    assert lines.repeated == path
    if path:
        assert lines.find(path) == 3


@given(st.text(alphabet="ab.[]{}=\"'#\n\\ ,1u", max_size=60))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    """It need not be TOML."""
    KeyLines(text).find(("a", "b", 0), "1")


NAMES = st.from_regex(r"[a-z][a-z_-]{0,4}", fullmatch=True)
VALUES = st.one_of(
    st.integers(-99, 99),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    st.lists(st.integers(-9, 9), max_size=3),
)


@given(
    st.dictionaries(
        NAMES, VALUES | st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES)), max_size=4
    )
)
def test_every_key_of_an_ordinary_file_has_its_line(table: dict[str, Any]) -> None:
    """As tomlkit writes it, with tables below one another."""
    text = tomlkit.dumps(table)
    lines, written = KeyLines(text), text.split("\n")
    for path in _paths(table):
        number = lines.find(path)
        assert number
        assert path[-1] in written[number - 1]


def _paths(table: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [
        inner
        for name, value in table.items()
        for inner in (
            [(*path, name), *_paths(value, (*path, name))]
            if isinstance(value, dict)
            else [(*path, name)]
        )
    ]


KEY = "a" + ".a" * (2 * file.MAX_DOTS)


@pytest.mark.parametrize(
    "start",
    [
        "",
        '"x" = 1 # it\'s\n',
        'k = ["""\nx""", {',
        'k = ["""\nx"""", {',
        'k = ["""x\\""""", {',
        "k = ['''\nx''', {",
        "k = ['''x''''', {",
        "k = ['\\', {",
    ],
)
@pytest.mark.parametrize("end", ["", '"', "'"])
def test_a_deep_key_is_refused_wherever_strings_begin_and_end(start: str, end: str) -> None:
    """The parser takes seconds for a longer one, which a project's file may have."""
    closing = "}]" if "{" in start else ""
    with pytest.raises(file.UnusableFile, match="nested too deeply"):
        file.decode(f"{start}{KEY} = 1{closing} #{end}\n".encode())


@pytest.mark.parametrize(
    "text",
    [
        f"k = '{KEY}'\n",
        f'k = "\\"{KEY}"\n',
        f'k = """\n{KEY}\n"{KEY}\\"""{KEY}"""""\n',
        f"k = '''{KEY}\n\"{KEY}''''\n",
        f"# it's {KEY}\n",
    ],
)
def test_dots_in_strings_and_comments_are_no_deep_key(text: str) -> None:
    assert file.parse(file.decode(text.encode())) is not None


@pytest.mark.parametrize("piece", ['"""\\', "'''", '"\\', "'", '"""\\"', "#'\n", '"'])
def test_strings_without_an_end_are_removed_in_linear_time(piece: str) -> None:
    began = time.process_time()
    without_strings(piece * (file.MAX_BYTES // len(piece)))
    assert time.process_time() - began < 2
