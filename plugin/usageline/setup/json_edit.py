"""Edit JSON as text: change one member or element and keep every other byte.

A path has the keys of objects and the indexes of arrays on the way to a value. Without one, the
outermost value is meant. Every function but `parse` expects a text that `parse` has accepted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Item:
    """The positions of a member of an object (with its key) or an element of an array (key "")."""

    key: str
    start: int
    value_start: int
    end: int


def parse(text: str) -> Any:
    """Return the value of a strict JSON text.

    Raises `ValueError` with the reason if it is invalid or has a duplicate key.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def items(text: str, *path: str | int) -> list[Item]:
    """Return the members of the object, or the elements of the array, at that path."""
    start = _value_start(text, *path)
    result: list[Item] = []
    position = _skip_space(text, start + 1)
    while text[position] not in "}]":
        item_start, key = position, ""
        if text[start] == "{":
            key, position = _DECODER.raw_decode(text, position)
            position = _skip_space(text, _skip_space(text, position) + 1)
        value_start = position
        _, position = _DECODER.raw_decode(text, position)
        result.append(Item(key, item_start, value_start, position))
        position = _skip_space(text, position)
        if text[position] == ",":
            position = _skip_space(text, position + 1)
    return result


def find(text: str, *path: str | int) -> Item:
    """Return the member or element at that path, which must exist."""
    *parents, last = path
    siblings = items(text, *parents)
    if isinstance(last, int):
        return siblings[last]
    return next(item for item in siblings if item.key == last)


def set_member(text: str, value: Any, *path: str | int) -> str:
    """Return the text with the member's value replaced, or with the member appended."""
    *parents, key = path
    member = next((item for item in items(text, *parents) if item.key == key), None)
    if member is None:
        return _append(text, json.dumps(key, ensure_ascii=False) + ": ", value, *parents)
    if _is_first_on_line(text, member.start):
        rendered = _render(value, text, _line_indent(text, member.start))
    else:
        rendered = json.dumps(value, ensure_ascii=False)
    return text[: member.value_start] + rendered + text[member.end :]


def append_element(text: str, value: Any, *path: str | int) -> str:
    """Return the text with `value` appended to the array."""
    return _append(text, "", value, *path)


def remove(text: str, *path: str | int) -> str:
    """Return the text without the member or element at that path and without its comma."""
    *parents, _ = path
    siblings, item = items(text, *parents), find(text, *path)
    index = siblings.index(item)
    if index > 0:
        return text[: siblings[index - 1].end] + text[item.end :]
    if len(siblings) > 1:
        return text[: item.start] + text[siblings[1].start :]
    return text[: _value_start(text, *parents) + 1] + text[_skip_space(text, item.end) :]


def _value_start(text: str, *path: str | int) -> int:
    return find(text, *path).value_start if path else _skip_space(text, 0)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {json.dumps(twice)} is there twice")
    return value


def _reject_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _append(text: str, prefix: str, value: Any, *path: str | int) -> str:
    siblings = items(text, *path)
    newline = _newline(text)
    if not siblings:
        start = _value_start(text, *path)
        close = _skip_space(text, start + 1)
        outer = _line_indent(text, start)
        inner = outer + _indent_step(text)
        body = newline + inner + prefix + _render(value, text, inner) + newline + outer
        return text[: start + 1] + body + text[close:]
    last = siblings[-1]
    if _is_first_on_line(text, last.start):
        indent = _line_indent(text, last.start)
        addition = "," + newline + indent + prefix + _render(value, text, indent)
    else:
        addition = ", " + prefix + json.dumps(value, ensure_ascii=False)
    return text[: last.end] + addition + text[last.end :]


def _render(value: Any, text: str, indent: str) -> str:
    lines = json.dumps(value, ensure_ascii=False, indent=_indent_step(text)).split("\n")
    return (_newline(text) + indent).join(lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent_step(text: str) -> str:
    """Return one step of indentation: that of the outermost object's first member, or 2 spaces."""
    members = items(text) if text[_value_start(text)] in "{[" else []
    if members and _is_first_on_line(text, members[0].start):
        return _line_indent(text, members[0].start) or "  "
    return "  "


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _is_first_on_line(text: str, position: int) -> bool:
    start = _line_start(text, position)
    return start > 0 and not text[start:position].strip(" \t")


def _line_indent(text: str, position: int) -> str:
    start = _line_start(text, position)
    rest = text[start:position]
    return rest[: len(rest) - len(rest.lstrip(" \t"))]
