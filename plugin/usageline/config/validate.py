"""Validate a parsed config.toml against the schema: the valid part, and all problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.config import file
from usageline.config.problem import Path, Problem, quote, suggestion, value_text
from usageline.config.reporter import NAME_ALLOWED, Reporter, is_name
from usageline.config.schema import MAX_TTL_S, MIN_INTERVAL_S, PROFILE, TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.sources import PROGRAMS
from usageline.config.types import Number
from usageline.system.origin import OWN_KEYS, REFUSED

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_INSTANCES = 64
MAX_PROFILES = 16
NAMED_TABLES = ("segments", "profiles")
"""Tables of tables."""


class Values(NamedTuple):
    """The valid values that the file gives.

    `top`       top-level keys
    `tables`    the keys of each table
    `segments`  the options of each segment and instance (`text.note`)
    `profiles`  the keys of each profile
    """

    top: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    segments: dict[str, dict[str, Any]]
    profiles: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - no code changes it

    def get(self, name: str) -> Any:
        """Return a top-level key's value, or its default."""
        return self.top.get(name, TOP[name].default)

    def is_hidden(self, segment: str) -> bool:
        """Return whether an option hides a segment or an instance."""
        return bool(self.segments.get(segment, {}).get("hide"))

    def segment_names(self) -> list[str]:
        """Return the segments, and the instances that the file gives."""
        return [*SEGMENTS, *(name for name in self.segments if "." in name)]

    def table(self, name: str) -> dict[str, Any]:
        """Return a table with its defaults, without keys that have neither."""
        return {
            **{
                key.name: key.default for key in TABLES[name][0].values() if key.default is not None
            },
            **self.tables.get(name, {}),
        }


class Validation(NamedTuple):
    """The valid values, all problems by line, and the whole parsed table, {} if it is not TOML."""

    values: Values
    problems: list[Problem]
    table: dict[str, Any]


NO_VALUES = Values({}, {}, {})


def validate(
    text: str, min_interval_s: float = MIN_INTERVAL_S, *, programs: bool = True
) -> Validation:
    """Validate the text of a config.toml.

    Text that is not TOML has that one problem and no values. Without `programs` the file may have
    none of the keys that are the user's alone (system/origin.py).
    """
    try:
        table = file.parse(text)
    except file.UnusableFile as unusable:
        return Validation(NO_VALUES, [unusable.problem], {})
    validator = _Validator(text)
    values = validator.whole(table, min_interval_s)
    if not programs:
        validator.refuse_programs(values)
    validator.problems.sort(key=lambda problem: problem.line or 0)
    return Validation(values, validator.problems, table)


class _Validator(Reporter):
    def whole(self, table: Mapping[str, Any], min_interval_s: float) -> Values:
        values = Values({}, {}, {}, {})
        ttl = TOP["ttl"]._replace(type=Number(min_interval_s, MAX_TTL_S, "seconds"))
        names = (*TABLES, *NAMED_TABLES)
        for name, value in self.tables(table, {**TOP, "ttl": ttl}, names, values.top):
            if name == "segments":
                values.segments.update(self.segments(value))
            elif name == "profiles":
                values.profiles.update(self.profiles(value))
            else:
                values.tables[name] = self.table((name,), value, TABLES[name][0])
        self.check_rows((), values.top, values)
        for name, profile in values.profiles.items():
            self.check_rows(("profiles", name), profile, values)
        return values

    def refuse_programs(self, values: Values) -> None:
        for reason, paths in OWN_KEYS.items():
            for path in paths:
                table = values.top if len(path) == 1 else values.tables.get(path[0], {})
                if table.pop(path[-1], None):
                    self.report(path, reason)
        sources = values.top.get("sources", [])
        refused = [name for name in sources if name in PROGRAMS]
        if refused:
            values.top["sources"] = [name for name in sources if name not in refused]
        for name in refused:
            self.report(("sources", sources.index(name)), REFUSED, name)

    def segments(self, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        valid: dict[str, dict[str, Any]] = {}
        for kind, options in table.items():
            path = ("segments", kind)
            if kind not in SEGMENTS:
                self.report(path, "there is no such segment" + suggestion(kind, SEGMENTS))
                continue
            if not isinstance(options, dict):
                self.report(path, f"a table of options is allowed, not {value_text(options)}")
                continue
            keys = options_of(kind)
            own = {
                name: value
                for name, value in options.items()
                if name in keys or not isinstance(value, dict)
            }
            shared = valid[kind] = self.table(path, own, keys, "option")
            for name in [name for name in options if name not in own]:
                if not is_name(name):
                    self.report((*path, name), NAME_ALLOWED)
                elif len(valid) > MAX_INSTANCES:
                    self.report((*path, name), f"at most {MAX_INSTANCES} segments are allowed")
                else:
                    valid[f"{kind}.{name}"] = {
                        **shared,
                        **self.table((*path, name), options[name], keys, "option"),
                    }
        return valid

    def profiles(self, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        valid: dict[str, dict[str, Any]] = {}
        for name, value in table.items():
            path = ("profiles", name)
            if not is_name(name):
                self.report(path, NAME_ALLOWED)
            elif not isinstance(value, dict):
                self.report(path, f"a table of keys is allowed, not {value_text(value)}")
            elif len(valid) >= MAX_PROFILES:
                self.report(path, f"at most {MAX_PROFILES} profiles are allowed")
            else:
                valid[name] = self.table(path, value, PROFILE)
        return valid

    def check_rows(self, path: Path, keys: dict[str, Any], values: Values) -> None:
        """Remove `rows` if a name in it is neither a segment nor an instance."""
        before, names = len(self.problems), values.segment_names()
        for number, row in enumerate(keys.get("rows", [])):
            for index, name in enumerate(row):
                if name not in names:
                    self.report(
                        (*path, "rows", number, index),
                        f"there is no segment {quote(name)}" + suggestion(name, names),
                        name,
                    )
        if len(self.problems) > before:
            del keys["rows"]
