"""A parsed config.toml against the schema: what of it is valid, and everything that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.config import file
from usageline.config.key_lines import Places
from usageline.config.problem import Path, Problem, key_text, quote, suggestion, value_text
from usageline.config.schema import MAX_TTL_S, MIN_INTERVAL_S, TABLES, TOP, Key
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.types import InvalidValue, Number
from usageline.system.origin import PROGRAMS, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_NAME = 32
MAX_INSTANCES = 64


class Values(NamedTuple):
    """What was given and is valid: top-level keys, keys of each table, and options of each segment and instance (`text.note`) by name."""

    top: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    segments: dict[str, dict[str, Any]]

    def get(self, name: str) -> Any:
        """A top-level key, or its default."""
        return (
            self.top[name]
            if name in self.top
            else next(key.default for key in TOP if key.name == name)
        )

    def table(self, name: str) -> dict[str, Any]:
        """A table with its defaults; of those keys that have one."""
        return {
            **{key.name: key.default for key in TABLES[name][0] if key.default is not None},
            **self.tables.get(name, {}),
        }


class Validation(NamedTuple):
    """The valid part, all problems in the order of their lines, and the table as it was written; empty where it is no TOML."""

    values: Values
    problems: list[Problem]
    table: dict[str, Any]


NO_VALUES = Values({}, {}, {})


def validate(text: str, floor_s: float = MIN_INTERVAL_S, *, programs: bool = True) -> Validation:
    """Check the text of a config.toml. A text that is no TOML has that one problem and no values. `programs`: it may name some (origin.py)."""
    try:
        table = file.parse(text)
    except file.UnusableFile as unusable:
        return Validation(NO_VALUES, [unusable.problem], {})
    places: list[Places] = []

    def line(path: Path) -> int | None:
        if not places:
            places.append(Places(text))  # only for a file in which something is wrong
        return places[0].line(path)

    checking = _Validator(line, floor_s)
    values = checking.whole(table)
    if not programs:
        checking.refuse_programs(values)
    checking.problems.sort(key=lambda problem: problem.line or 0)
    return Validation(values, checking.problems, table)


class _Validator:
    def __init__(self, line: Callable[[Path], int | None], floor_s: float) -> None:
        self.line, self.floor_s = line, floor_s
        self.problems: list[Problem] = []

    def whole(self, table: Mapping[str, Any]) -> Values:
        top = {key.name: key for key in TOP}
        if self.floor_s != MIN_INTERVAL_S:
            top["ttl"] = top["ttl"]._replace(type=Number(self.floor_s, MAX_TTL_S, "seconds"))
        found: dict[str, Any] = {}
        tables: dict[str, dict[str, Any]] = {}
        segments: dict[str, dict[str, Any]] = {}
        for name, value in table.items():
            if name in top:
                self.value(top[name], (name,), value, found)
            elif name not in TABLES and name != "segments":
                self.tell(
                    (name,), "there is no such key" + suggestion(name, (*top, *TABLES, "segments"))
                )
            elif not isinstance(value, dict):
                self.tell((name,), f"a table is allowed, not {value_text(value)}")
            elif name == "segments":
                segments = self.segments(value)
            else:
                tables[name] = self.table(
                    (name,), value, {key.name: key for key in TABLES[name][0]}
                )
        if "rows" in found and not self.rows(found["rows"], segments):
            del found["rows"]
        return Values(found, tables, segments)

    def refuse_programs(self, values: Values) -> None:
        for path in PROGRAMS:
            within = values.top if len(path) == 1 else values.tables.get(path[0], {})
            if within.pop(path[-1], None):
                self.tell(path, REFUSED)
        sources = values.top.get("sources", [])
        if "client" in sources:
            values.top["sources"] = [name for name in sources if name != "client"]
            self.tell(("sources", sources.index("client")), REFUSED)

    def value(self, key: Key, path: Path, value: object, found: dict[str, Any]) -> None:
        try:
            found[key.name] = key.type.read(value)
        except InvalidValue as refused:
            self.tell((*path, *refused.within), str(refused))

    def table(
        self, path: Path, table: Mapping[str, Any], keys: Mapping[str, Key], what: str = "key"
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in table.items():
            if name in keys:
                self.value(keys[name], (*path, name), value, found)
            else:
                self.tell((*path, name), f"there is no such {what}" + suggestion(name, keys))
        return found

    def segments(self, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for kind, options in table.items():
            if kind not in SEGMENTS:
                self.tell(
                    ("segments", kind), "there is no such segment" + suggestion(kind, SEGMENTS)
                )
                continue
            if not isinstance(options, dict):
                self.tell(
                    ("segments", kind), f"a table of options is allowed, not {value_text(options)}"
                )
                continue
            keys = options_of(kind)
            own = {
                name: value
                for name, value in options.items()
                if name in keys or not isinstance(value, dict)
            }
            shared = found[kind] = self.table(("segments", kind), own, keys, "option")
            for name, value in options.items():
                if name in own:
                    continue
                if not _is_name(name):
                    self.tell(
                        ("segments", kind, name),
                        f"a name of at most {MAX_NAME} letters, digits, - and _ is allowed",
                    )
                elif len(found) > MAX_INSTANCES:
                    self.tell(
                        ("segments", kind, name), f"at most {MAX_INSTANCES} segments are allowed"
                    )
                else:
                    found[f"{kind}.{name}"] = {
                        **shared,
                        **self.table(("segments", kind, name), value, keys, "option"),
                    }
        return found

    def rows(self, rows: list[list[str]], segments: Mapping[str, Any]) -> bool:
        """Whether every name in `rows` is a segment or an instance."""
        before = len(self.problems)
        known = (*SEGMENTS, *(name for name in segments if "." in name))
        for number, row in enumerate(rows):
            for index, name in enumerate(row):
                if name not in known:
                    self.tell(
                        ("rows", number, index),
                        f"there is no segment {quote(name)}" + suggestion(name, known),
                    )
        return len(self.problems) == before

    def tell(self, path: Path, text: str) -> None:
        self.problems.append(Problem(self.line(path), key_text(path), text))


def _is_name(name: str) -> bool:
    return (
        0 < len(name) <= MAX_NAME
        and name.isascii()
        and name.replace("-", "").replace("_", "").isalnum()
    )
