"""Parse a body of the usage endpoint, and find what the parser ignores. Pure.

FACTS and the captured bodies have the shapes.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from usageline.usage.credits import credits as read_credits
from usageline.usage.limits import limits as read_limits
from usageline.usage.model import SourceFailure
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.usage.model import Credit, Limit
    from usageline.usage.values import Body

MAX_DEPTH = 40
"""Levels of a body that are searched; a real one has five."""

KeyPath = tuple[str | None, ...]
"""Keys from the outermost in; None stands for every element of a list."""


def parse(body: object) -> tuple[tuple[Limit, ...], tuple[Credit, ...]]:
    """Return the limits and the credits of `body`, both in the server's order.

    A value out of its range is dropped alone: the limit or credit stays without it. Raise
    SourceFailure `unreadable` if the body has nothing known, which is not the same as nothing used.
    """
    if not isinstance(body, dict):
        raise SourceFailure("unreadable", "the answer is not a JSON object")
    limits, credits = read_limits(body), read_credits(body)  # noqa: A001 - the glossary's word
    if not limits and not credits and not _says_nothing_used(body):
        raise SourceFailure("unreadable", "no limit and no credit known in the answer")
    return limits, credits


def _says_nothing_used(body: Body) -> bool:
    """Whether known keys are there, but empty.

    That is an account without limits, whose credits are off.
    """
    if body.get("limits") == []:
        return True
    known = ("five_hour", "seven_day", "extra_usage", "spend")
    if any(key in body and body[key] is None for key in known):
        return True
    flags = (
        mapping(body.get("extra_usage")).get("is_enabled"),
        mapping(body.get("spend")).get("enabled"),
    )
    return any(isinstance(flag, bool) for flag in flags)


def find_unknown(body: object) -> dict[KeyPath, str]:
    """Return the keys of `body` that `parse` did not use, with the types of their values.

    Types are `null`, `boolean`, `number`, `text`, `list`, `object`. A key counts as used if the
    parser took its value in any element of a list. Of a non-empty object or list, its content is
    listed instead. The result contains no value.
    """
    types: dict[KeyPath, set[str]] = {}
    used: set[KeyPath] = set()
    for form in _forms(body):
        traced = _traced(form, MAX_DEPTH)
        # A body without known keys has the most unknown ones.
        with contextlib.suppress(SourceFailure):
            parse(traced)
        for path, kind, was_used in _leaves(traced, ()):
            types.setdefault(path, set()).add(kind)
            if was_used:
                used.add(path)
    return {path: " or ".join(sorted(kinds)) for path, kinds in types.items() if path not in used}


class _Traced(dict[str, Any]):
    """An object that remembers which values were taken.

    Iterating over it, or testing for a key, takes none.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.used: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.used.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.used.add(key)
        return super().get(key, default)

    def values(self) -> Any:
        self.used.update(self)
        return super().values()


def _forms(body: object) -> Iterator[object]:
    """Yield the body, and the body with either form of the same money alone.

    Both forms are known, and each is used if it is alone.
    """
    yield body
    if isinstance(body, dict) and "spend" in body and "extra_usage" in body:
        for form in ("spend", "extra_usage"):
            yield {key: value for key, value in body.items() if key != form}


def _traced(value: object, levels: int) -> object:
    if isinstance(value, dict):
        return _Traced(
            {str(key): _traced(inner, levels - 1) for key, inner in value.items()} if levels else {}
        )
    if isinstance(value, list):
        return [_traced(inner, levels - 1) for inner in value] if levels else []
    return value


def _leaves(
    value: object, path: KeyPath, *, was_used: bool = False
) -> Iterator[tuple[KeyPath, str, bool]]:
    """Yield each innermost value: its path, its type, and whether the nearest key was used."""
    if isinstance(value, _Traced) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key), was_used=key in value.used)
    elif isinstance(value, list) and value:
        # The parser took an element that is not an object together with its list.
        for inner in value:
            yield from _leaves(inner, (*path, None), was_used=was_used)
    elif path:
        yield path, _type(value), was_used


def _type(value: object) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), ((int, float), "number"), (str, "text"), (list, "list")):
        if isinstance(value, kind):
            return name
    return "object"
