"""Edits of JSON text change one part and no other byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.setup import json_edit

Indent = int | str | None
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)
INDENTS = st.sampled_from([None, 1, 2, 4, "\t"])


@given(OBJECTS, INDENTS, st.booleans(), st.text(), VALUES)
def test_set_member_changes_one_member(
    settings: dict[str, Any], indent: Indent, ascii_only: bool, key: str, value: Any
) -> None:
    text = json.dumps(settings, indent=indent, ensure_ascii=ascii_only)
    edited = json_edit.set_member(text, value, key)
    assert json_edit.parse(edited) == {**settings, key: value}


@given(OBJECTS, INDENTS, st.booleans(), VALUES)
def test_adding_and_removing_a_member_restores_the_text(
    settings: dict[str, Any], indent: Indent, ascii_only: bool, value: Any
) -> None:
    """To the byte, with any layout."""
    settings.pop("ours", None)
    text = json.dumps(settings, indent=indent, ensure_ascii=ascii_only)
    edited = json_edit.set_member(text, value, "ours")
    assert json_edit.remove(edited, "ours") == text


@given(st.lists(VALUES, min_size=1, max_size=5), INDENTS, st.data())
def test_remove_removes_one_element(
    elements: list[Any], indent: Indent, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(elements) - 1))
    text = json.dumps({"a": elements}, indent=indent)
    assert json_edit.parse(json_edit.remove(text, "a", index)) == {
        "a": elements[:index] + elements[index + 1 :]
    }


@given(st.lists(VALUES, max_size=4), INDENTS, VALUES)
def test_append_element_appends_one_element(
    elements: list[Any], indent: Indent, value: Any
) -> None:
    text = json.dumps({"a": elements}, indent=indent)
    assert json_edit.parse(json_edit.append_element(text, value, "a")) == {"a": [*elements, value]}


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("{}", '{\n  "k": [\n    1\n  ]\n}'),
        ("{ }\n", '{\n  "k": [\n    1\n  ]\n}\n'),
        ('{"a": 1}', '{"a": 1, "k": [1]}'),
        ('{\n    "a": 1\n}\n', '{\n    "a": 1,\n    "k": [\n        1\n    ]\n}\n'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"k": [\n\t\t1\n\t]\n}'),
        ('{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "k": [\r\n    1\r\n  ]\r\n}\r\n'),
        (
            '{\n  "a": [1, 2],\n  "b": "\\u00e9 é"\n}',
            '{\n  "a": [1, 2],\n  "b": "\\u00e9 é",\n  "k": [\n    1\n  ]\n}',
        ),
    ],
)
def test_additions_have_the_layout_of_the_rest(text: str, edited: str) -> None:
    """Indentation, line ends, and one or many lines."""
    assert json_edit.set_member(text, [1], "k") == edited


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a": 1,}',
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1, "a": 2}',
        '{"x": {"a": 1, "a": 1}}',
        "// c\n{}",
        "{} {}",
        "[" * 100_000,
    ],
)
def test_parse_rejects_what_is_not_strict_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_edit.parse(text)
