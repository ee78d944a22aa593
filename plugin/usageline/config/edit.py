"""Set or remove one key in the text of a config.toml; comments and order stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from usageline.config import file
from usageline.config.problem import Problem, suggestion
from usageline.config.schema import PROFILE, TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.validate import Values, validate

if TYPE_CHECKING:
    from collections.abc import Mapping


class EditRejected(Exception):
    """The change would add `problems`, whose lines are those of the changed text."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


def split_key(key: str) -> tuple[str, ...]:
    """Split a key as users write it: `segments.session.bar_width`."""
    return tuple(part.strip() for part in key.split("."))


def set_key(text: str, key: str, value: str, *, literal: bool = False) -> str:
    """Return the text with a key set to a value as the user typed it, as TOML or as plain text.

    With `literal` it is plain text even if it could be TOML. Raise EditRejected if the value is not
    allowed.
    """
    problems: list[Problem] = []
    for read in [value] if literal else _interpretations(value):
        for is_multiline in (True, False) if isinstance(read, str) and "\n" in read else (False,):
            changed = _set(text, split_key(key), read, is_multiline=is_multiline)
            new = _new_problems(text, changed)
            if (
                not new
                and _value_at(file.parse(file.decode(changed.encode())), split_key(key)) == read
            ):
                return changed
            problems = problems or new
    raise EditRejected(
        problems or [Problem(None, key, "cannot be set here; use `usageline config edit`")]
    )


def unset_key(text: str, key: str) -> str | None:
    """Return the text without a key, or None if it does not have it.

    Raise EditRejected if the text is not TOML.
    """
    import tomlkit  # noqa: PLC0415 - slow to import

    _require_parsable(text)
    path = split_key(key)
    document = tomlkit.parse(text)
    table: Any = document
    for name in path[:-1]:
        table = table.get(name) if hasattr(table, "get") else None
        if table is None:
            return None
    if not hasattr(table, "remove") or path[-1] not in table:
        return None
    table.remove(path[-1])
    changed = tomlkit.dumps(document)
    new = _new_problems(text, changed)
    if new:
        raise EditRejected(new)
    return changed


def effective_value(values: Values, key: str) -> Any:
    """Return a key's value, from the file or the default; a table as a dict.

    It is None if there is no default, such as for a style of the theme. Raise KeyError with a
    suggestion if there is no such key.
    """
    name, *rest = split_key(key)
    if name in {key.name for key in TOP} and not rest:
        return values.get(name)
    if name in TABLES:
        return _within(
            {**dict.fromkeys(key.name for key in TABLES[name][0]), **values.table(name)}, rest
        )
    if name == "segments" and rest:
        return _segment(values, rest)
    if name == "profiles" and rest:
        return _profile(values, rest)
    raise KeyError(
        "there is no such key"
        + suggestion(name, [*(key.name for key in TOP), *TABLES, "segments", "profiles"])
    )


def _segment(values: Values, path: list[str]) -> Any:
    kind, *rest = path
    if kind not in SEGMENTS:
        raise KeyError("there is no such segment" + suggestion(kind, SEGMENTS))
    name = kind
    if rest and f"{kind}.{rest[0]}" in values.segments:
        name = f"{kind}.{rest.pop(0)}"
    options = {option: key.default for option, key in options_of(kind).items()}
    return _within({**options, **values.segments.get(name, {})}, rest)


def _profile(values: Values, path: list[str]) -> Any:
    name, *rest = path
    if name not in values.profiles:
        raise KeyError("there is no such profile" + suggestion(name, values.profiles))
    return _within({**dict.fromkeys(key.name for key in PROFILE), **values.profiles[name]}, rest)


def _within(table: Mapping[str, Any], path: list[str]) -> Any:
    if not path:
        return table
    if len(path) > 1 or path[0] not in table:
        raise KeyError("there is no such key" + suggestion(path[0], table))
    return table[path[0]]


def _interpretations(value: str) -> list[Any]:
    try:
        return [file.parse(f"value = {value}")["value"], value]
    except (file.UnusableFile, KeyError):
        return [value]


def _set(text: str, path: tuple[str, ...], value: Any, *, is_multiline: bool = False) -> str:
    import tomlkit  # noqa: PLC0415 - slow to import
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    _require_parsable(text)
    refused = EditRejected(
        [Problem(None, ".".join(path), "cannot be set here; use `usageline config edit`")]
    )
    if not all(path):
        raise EditRejected([Problem(None, ".".join(path), "there is no such key")])
    document = tomlkit.parse(text)
    table: Any = document
    try:
        for index, name in enumerate(path[:-1]):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=index < len(path) - 2)
            table = table[name]
        table[path[-1]] = tomlkit.string(value, multiline=True) if is_multiline else value
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, AttributeError, KeyError):
        raise refused from None


def _require_parsable(text: str) -> None:
    try:
        file.parse(text)
    except file.UnusableFile as unusable:
        raise EditRejected([unusable.problem]) from None


def _new_problems(before: str, after: str) -> list[Problem]:
    """Return the problems that a change adds."""
    previous = {(problem.key, problem.text) for problem in validate(before).problems}
    return [
        problem
        for problem in validate(after).problems
        if (problem.key, problem.text) not in previous
    ]


def _value_at(table: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        table = table[name] if isinstance(table, dict) and name in table else None
    return table
