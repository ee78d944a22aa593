"""Find a key of the schema by its name, and read its value as a user types it in a shell."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from usageline.config import file, reporter
from usageline.config.problem import closest
from usageline.config.schema import PROFILE, TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.types import Flag, ListOf, Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.config.types import Key, ValueType

WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
"""How users write a boolean, in lower case."""

ROW_END = "/"
"""Between two rows, as in `git,model/session,weekly`."""


def split_key(key: str) -> tuple[str, ...]:
    """Split a key as users write it: `segments.session.bar_width`, `local.prices."glm-4.6"`."""
    match = reporter.KEYS.fullmatch(key) if key.count('"') + key.count("'") else None
    return reporter.key_parts(key) if match else tuple(part.strip() for part in key.split("."))


def find_key(key: str) -> Key | None:
    """Return the key of the schema, None if there is none or if it is a table."""
    *table, name = split_key(key)
    return keys_of(table).get(name)


def keys_of(table: list[str]) -> dict[str, Key]:
    """Return the keys that a table may have, {} if there is no such table."""
    match table:
        case []:
            return TOP
        case [name] if name in TABLES:
            return TABLES[name][0]
        case ["profiles", _]:
            return PROFILE
        case ["segments", kind] | ["segments", kind, _] if kind in SEGMENTS:
            return options_of(kind)
    return {}


def similar_key(key: str) -> str:
    """Return `; did you mean "…"?` with the full name of the most similar key, "" if none is.

    Users leave out the table: `thresholds` is `alerts.thresholds`.
    """
    names = list(key_names())
    last = {name.rpartition(".")[2]: name for name in reversed(names)}
    name = (
        next((name for name in names if name.endswith(f".{key}")), "")
        or last.get(key)
        or closest(key, names)
        or last.get(closest(key, last))
    )
    return f'; did you mean "{name}"?' if name else ""


def readings(value: str, of: ValueType | None) -> list[Any]:
    """Return what `value` may mean to a key of that type, the likeliest first.

    It may be TOML, a plain list such as `80,95`, a word for a boolean, or text.
    """
    meanings: list[Any] = []
    with contextlib.suppress(file.UnusableFile, KeyError):
        meanings.append(file.parse(f"value = {value}")["value"])
    if isinstance(of, ListOf) and not value.lstrip().startswith("["):
        meanings.append(_plain_list(value, of))
    elif isinstance(of, Flag) and value.strip().lower() in WORDS:
        meanings.append(WORDS[value.strip().lower()])
    return [*meanings, value]


def key_names() -> Iterator[str]:
    """Yield the name of every key, without those of profiles and instances."""
    yield from TOP
    for table, (keys, _) in TABLES.items():
        yield from (f"{table}.{name}" for name in keys)
    for kind in SEGMENTS:
        yield from (f"segments.{kind}.{option}" for option in options_of(kind))


def _plain_list(value: str, of: ListOf) -> list[Any]:
    if isinstance(of.item, ListOf):
        return [_plain_list(row, of.item) for row in value.split(ROW_END)]
    items = [item.strip() for item in value.split(",")]
    return [
        int(item) if isinstance(of.item, Number) and item.isdecimal() and len(item) < 10 else item
        for item in items
        if item
    ]
