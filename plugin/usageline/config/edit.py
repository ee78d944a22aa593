"""Set or remove keys in the text of a config.toml; comments and order stay."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from usageline.config import file, presets, rows
from usageline.config.arguments import find_key, readings, similar_key, split_key
from usageline.config.problem import Problem, suggestion
from usageline.config.schema import PROFILE, TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.validate import Values, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from usageline.config.presets import Preset
    from usageline.config.rows import Rows

WIDTH = 100
"""A list of lists that would be wider gets a line for each."""


class EditRejected(Exception):
    """The change would add `problems`, whose lines are those of the changed text."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


class NotToml(EditRejected):
    """The text is not TOML, before any change. The line is that of the file."""


def set_key(text: str, key: str, value: str, *, literal: bool = False) -> str:
    """Return the text with a key set to a value as the user typed it, as TOML or as plain text.

    With `literal` it is plain text even if it could be TOML. Raise EditRejected if the value is not
    allowed.
    """
    if split_key(key)[0] not in {*TOP, *TABLES, "segments", "profiles"}:
        raise EditRejected([Problem(None, key, "there is no such key" + similar_key(key))])
    schema = find_key(key)
    meanings = [value] if literal else readings(value, schema.type if schema else None)
    try:
        return set_value(text, key, meanings[0])
    except EditRejected as refused:
        for meaning in meanings[1:]:
            with contextlib.suppress(EditRejected):
                return set_value(text, key, meaning)
        raise refused from None


def set_value(text: str, key: str, value: Any) -> str:
    """Return the text with a key set to a value. Raise EditRejected if that is not allowed."""
    rejected: EditRejected | None = None
    path = split_key(key)
    for is_multiline in (True, False) if isinstance(value, str) and "\n" in value else (False,):
        changed = _set(text, path, value, is_multiline=is_multiline)
        new = _new_problems(text, changed)
        if not new and _value_at(file.parse(file.decode(changed.encode())), path) == value:
            return changed
        rejected = rejected or (EditRejected(new) if new else None)
    raise rejected or _unsettable(key)


def set_rows(text: str, shown: Rows, visible: Iterable[str] = ()) -> str:
    """Return the text with the rows of segments, in which those in `visible` are not hidden.

    The rows are written only if they differ. A row that was the default one still has two lines in
    a narrow terminal. Raise EditRejected if the rows are not allowed.
    """
    values = validate(text).values
    if shown != values.get("rows"):
        text = set_value(text, "rows", shown)
        if "rows" not in values.top and len(shown) == 1 and values.get("fold") is None:
            text = set_value(text, "fold", value=True)
    for name in visible:
        if values.is_hidden(name):
            text = set_all(text, {f"segments.{name}.hide": None})
            if validate(text).values.is_hidden(name):  # for all of its kind
                text = set_value(text, f"segments.{name}.hide", value=False)
    return text


def remove_segments(text: str, names: Sequence[str]) -> str:
    """Return the text with rows without these segments.

    Default rows stay, and the segments are hidden in them. Raise RowsUnchangeable if a row has no
    such segment, or if nothing would be left.
    """
    values = validate(text).values
    rest = values.get("rows")
    for name in names:
        rest = rows.remove(rest, name)
    if "rows" in values.top:
        return set_rows(text, rest)
    if all(values.is_hidden(name) for row in rest for name in row):
        raise rows.RowsUnchangeable(f"{names[-1]} is the only segment: add another one first")
    return set_all(text, {f"segments.{name}.hide": True for name in names})


def set_all(text: str, changes: Mapping[str, Any]) -> str:
    """Return the text with several keys set, or removed if the value is None.

    Raise EditRejected if one is not allowed.
    """
    for key, value in changes.items():
        text = without_key(text, key) if value is None else set_value(text, key, value)
    return text


def use_preset(text: str, preset: Preset) -> str:
    """Return the text with the rows of a preset, and its theme if it has one."""
    values = validate(text).values
    return set_all(text, presets.changes(preset, values.get("theme"), values.get("rows")))


def unset_key(text: str, key: str) -> str | None:
    """Return the text without a key, or None if it does not have it.

    A table that has nothing else goes with it, unless it has comments. Raise EditRejected if the
    text is not TOML.
    """
    require_toml(text)
    changed = _without(text, split_key(key))
    if changed is None:
        return None
    new = _new_problems(text, changed)
    if new:
        raise EditRejected(new)
    return changed


def without_key(text: str, key: str) -> str:
    """Return the text without a key, which it need not have. Raise EditRejected as above."""
    changed = unset_key(text, key)
    return text if changed is None else changed


def effective_value(values: Values, key: str) -> Any:
    """Return a key's value, from the file or the default; a table as a dict.

    It is None if there is no default, such as for a style of the theme. Raise KeyError with a
    suggestion if there is no such key.
    """
    name, *rest = split_key(key)
    if name in TOP and not rest:
        return values.get(name)
    if name in TABLES:
        return _within({**dict.fromkeys(TABLES[name][0]), **values.table(name)}, rest)
    if name == "segments" and rest:
        return _segment(values, rest)
    if name == "profiles" and rest:
        return _profile(values, rest)
    raise KeyError("there is no such key" + similar_key(key))


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
    return _within({**dict.fromkeys(PROFILE), **values.profiles[name]}, rest)


def _within(table: Mapping[str, Any], path: list[str]) -> Any:
    if not path:
        return table
    name, *rest = path
    value = table.get(name)
    if name not in table or (rest and not isinstance(value, dict)):
        raise KeyError("there is no such key" + suggestion(name, table))
    return _within(value, rest) if isinstance(value, dict) else value


def _set(text: str, path: tuple[str, ...], value: Any, *, is_multiline: bool = False) -> str:
    import tomlkit  # noqa: PLC0415 - slow to import
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    require_toml(text)
    key = ".".join(path)
    if not all(path):
        raise EditRejected([Problem(None, key, "there is no such key")])
    document = tomlkit.parse(text)
    table: Any = document
    try:
        for index, name in enumerate(path[:-1]):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=index < len(path) - 2)
            table = table[name]
        if is_multiline:
            value = tomlkit.string(value, multiline=True)
        _assign(table, path[-1], value)
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, AttributeError, KeyError):
        raise _unsettable(key) from None


def _assign(table: Any, name: str, value: Any) -> None:
    """Set a key. In a list of as many lists, set only those that differ: comments between stay."""
    import tomlkit  # noqa: PLC0415 - slow to import

    before = table.get(name)
    if not (isinstance(value, list) and value and all(isinstance(row, list) for row in value)):
        table[name] = value
    elif isinstance(before, list) and len(before) == len(value):
        for index, row in enumerate(value):
            if before[index] != row:
                before[index] = row
    else:
        array: Any = tomlkit.item(value)
        table[name] = array.multiline(len(f"{name} = {array.as_string()}") > WIDTH)


def _without(text: str, path: tuple[str, ...]) -> str | None:
    """Return the text without a key and the tables that are empty then, None without the key."""
    import tomlkit  # noqa: PLC0415 - slow to import

    document = tomlkit.parse(text)
    tables: list[Any] = [document]
    for name in path[:-1]:
        table = tables[-1].get(name) if hasattr(tables[-1], "get") else None
        if table is None:
            return None
        tables.append(table)
    if not hasattr(tables[-1], "remove") or path[-1] not in tables[-1]:
        return None
    tables[-1].remove(path[-1])
    changed = tomlkit.dumps(document)
    for table, name in zip(reversed(tables[:-1]), reversed(path[:-1]), strict=True):
        if table[name] or "#" in table[name].as_string():
            break
        table.remove(name)
    tidied = tomlkit.dumps(document)
    if tidied != changed:
        changed = tidied.rstrip("\n") + "\n" if tidied.strip() else ""
    return changed


def _unsettable(key: str) -> EditRejected:
    return EditRejected([Problem(None, key, "cannot be set here; use `usageline config edit`")])


def require_toml(text: str) -> None:
    """Raise NotToml if the text is not TOML."""
    try:
        file.parse(text)
    except file.UnusableFile as unusable:
        raise NotToml([unusable.problem]) from None


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
