"""Edits of JSON as text: one member or element changes, and every other byte stays as its owner wrote it.

Positions are indexes into the text. `start` is always the position of an object's `{` or an array's `[`.
Every function expects a text that `parse` has accepted.
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
    """A member of an object (with its key) or an element of an array (key ""): where it starts, its value starts, and it ends."""

    key: str
    start: int
    value_start: int
    end: int


def parse(text: str) -> Any:
    """The value of a strict JSON text; `ValueError` (with the reason) where it is none, or where a key is there twice."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def top(text: str) -> int:
    """Where the outermost value starts."""
    return _skip(text, 0)


def items(text: str, start: int) -> list[Item]:
    """The members of the object, or the elements of the array, that starts at `start`."""
    found: list[Item] = []
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        item_start, key = at, ""
        if text[start] == "{":
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        value_start = at
        _, at = _DECODER.raw_decode(text, at)
        found.append(Item(key, item_start, value_start, at))
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def member(text: str, start: int, key: str) -> Item | None:
    """The member of that name, or None."""
    return next((item for item in items(text, start) if item.key == key), None)


def set_member(text: str, start: int, key: str, value: Any) -> str:
    """The text with that member's value replaced, or with the member added as the last one."""
    found = member(text, start, key)
    if found is None:
        return _append(text, start, json.dumps(key, ensure_ascii=False) + ": ", value)
    if isinstance(value, RawJson):
        rendered = str(value)
    elif _starts_its_line(text, found.start):
        rendered = _render(value, text, _line_indent(text, found.start))
    else:
        rendered = json.dumps(value, ensure_ascii=False)
    return text[: found.value_start] + rendered + text[found.end :]


def append_element(text: str, start: int, value: Any) -> str:
    """The text with one more element at the end of the array."""
    return _append(text, start, "", value)


def remove(text: str, start: int, index: int) -> str:
    """The text without the item of that index, and without the comma that it needed."""
    found = items(text, start)
    item = found[index]
    if index > 0:
        return text[: found[index - 1].end] + text[item.end :]
    if len(found) > 1:
        return text[: item.start] + text[found[1].start :]
    return text[: start + 1] + text[_skip(text, item.end) :]


class RawJson(str):
    """JSON that is put in as it stands."""

    __slots__ = ()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {json.dumps(twice)} is there twice")
    return value


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _append(text: str, start: int, prefix: str, value: Any) -> str:
    found = items(text, start)
    if not found:
        close = _skip(text, start + 1)
        outer = _line_indent(text, start)
        inner = outer + _unit(text)
        body = (
            _newline(text) + inner + prefix + _render(value, text, inner) + _newline(text) + outer
        )
        return text[: start + 1] + body + text[close:]
    last = found[-1]
    if not _starts_its_line(text, last.start):
        return (
            text[: last.end]
            + ", "
            + prefix
            + json.dumps(value, ensure_ascii=False)
            + text[last.end :]
        )
    indent = _line_indent(text, last.start)
    return (
        text[: last.end]
        + ","
        + _newline(text)
        + indent
        + prefix
        + _render(value, text, indent)
        + text[last.end :]
    )


def _render(value: Any, text: str, indent: str) -> str:
    lines = json.dumps(value, ensure_ascii=False, indent=_unit(text)).split("\n")
    return (_newline(text) + indent).join(lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    """One step of indentation: what the first member of the outermost object has, or two spaces."""
    found = items(text, top(text)) if text[top(text)] in "{[" else []
    if found and _starts_its_line(text, found[0].start):
        return _line_indent(text, found[0].start) or "  "
    return "  "


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _starts_its_line(text: str, at: int) -> bool:
    start = _line_start(text, at)
    return start > 0 and not text[start:at].strip(" \t")


def _line_indent(text: str, at: int) -> str:
    start = _line_start(text, at)
    rest = text[start:at]
    return rest[: len(rest) - len(rest.lstrip(" \t"))]
