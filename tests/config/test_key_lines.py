"""Lines of keys and items in TOML."""

from __future__ import annotations

from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from usageline.config.key_lines import Places

TEXT = '''# a comment
a = 1
"b.c" = { d = [1, 2], e = "}#" }  # } "
f = [
  "x, ]",  # [
  [2, { g = 3 }],
]
h.i = """
three "quotes"
""""
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
    ("path", "line"),
    [
        (("a",), 2),
        (("b.c", "d", 1), 3),
        (("b.c", "e"), 3),
        (("f", 0), 5),
        (("f", 1, 1, "g"), 6),
        (("h", "i"), 8),
        (("j",), 11),
        (("k", "l"), 13),
        (("k", "l", "m"), 14),
        (("n", 0, "o"), 16),
        (("n", 1, "o"), 18),
        (("n", 1, "p", "q"), 20),
        (("n", 1, "nothing", "of", "the", "kind"), 17),
        (("nothing",), None),
    ],
)
def test_every_key_and_item_has_its_line(path: tuple[str | int, ...], line: int | None) -> None:
    """What is not there has the line of what is around it."""
    tomlkit.parse(TEXT)
    assert Places(TEXT).line(path) == line


@given(st.text(alphabet="ab.[]{}=\"'#\n\\ ,1u", max_size=60))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    """It may be no TOML at all."""
    Places(text)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5)
TABLES = st.recursive(
    st.one_of(st.integers(-99, 99), st.text(st.characters(exclude_categories=["Cs"]), max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=10,
)


@given(st.dictionaries(NAMES, TABLES, max_size=4))
def test_every_path_of_a_valid_text_is_found(table: dict[str, Any]) -> None:
    """However its keys are quoted."""
    places = Places(tomlkit.dumps(table))
    assert all(path in places.lines for path in _paths(table))


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [
        found for name, item in items for found in ((*path, name), *_paths(item, (*path, name)))
    ]
