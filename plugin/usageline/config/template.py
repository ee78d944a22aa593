"""The files that `usageline config init` writes, with keys commented out at their defaults."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from usageline import themes
from usageline.config.arguments import keys_of
from usageline.config.problem import key_text
from usageline.config.schema import TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.core.vocabulary import GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from usageline.config.types import Key

WIDTH = 110
HEAD = """\
# usageline's configuration. Every key is optional. A # without a space precedes a key with its
# default value: remove the # to change it. `usageline config check` names problems, and
# `usageline config preview` shows the line. The next status line uses an edit.
"""
MINIMAL_HEAD = """\
# usageline's configuration: remove a # to change a key, or run `usageline config`.
# `usageline config init --full --print` shows every key.
"""
COMMON: dict[str, tuple[str, ...]] = {
    "": ("theme", "nerd_font", "rows", "clock"),
    "alerts": ("thresholds", "desktop"),
    "segments.session": ("show", "reset", "bar_width"),
    "segments.credits": ("hide",),
    "segments.git": ("show",),
}
"""The keys that most users change, by table."""
EXAMPLES = {
    "fold": True,
    "separator": " · ",
    "client": "/usr/local/bin/claude",
    "priority": 50,
    "key_file": "~/.config/usageline/admin.key",
    "textfile": "/var/lib/prometheus/node-exporter",
    "otlp": "http://127.0.0.1:4318",
    "headers_file": "~/.config/usageline/otlp.headers",
    "org.url": "https://api.anthropic.com",
    "shared.url": "rediss://me@cache.example/0",
    "password_file": "~/.config/usageline/shared.password",
    "account": "0123456789abcdef",
}
"""Values for keys without a default, by the key, or by its table and it if several have it."""

PROFILE = """\
# A profile is one Claude Code directory (CLAUDE_CONFIG_DIR), and so one account. `label` names it
# in `usageline accounts` and the segment account. theme, rows, clock and others can differ.
#[profiles.work]
#directory = "~/.claude-work"
#label = "work"
"""

INSTANCE = """\
# A segment can be used several times, each with its own options: name it in `rows` as "text.note".
#[segments.text.note]
#text = "hello"
"""


def default_file() -> str:
    """Return the file with the keys that most users change."""
    return _file(
        HEAD,
        "# Only the usual keys are here. `usageline config init --full --print` shows every key.\n",
        *(part for table, names in COMMON.items() for part in _common(table, names)),
    )


def minimal_file() -> str:
    """Return the file with theme and rows."""
    return _file(MINIMAL_HEAD + "".join(_line(TOP[name]) + "\n" for name in ("theme", "rows")))


def full_file() -> str:
    """Return the file with every key.

    Without the # before keys it means the same, except those in EXAMPLES.
    """
    return _file(
        HEAD,
        *_keys(TOP.values()),
        *_tables(),
        "# Segments: their options.\n",
        *_segments(),
        INSTANCE,
        PROFILE,
    )


def toml_value(value: Any) -> str:
    """Return a value of the schema in TOML, which writes most types as JSON does."""
    if isinstance(value, dict):
        items = ", ".join(
            f"{key_text((name,))} = {toml_value(item)}" for name, item in value.items()
        )
        return f"{{ {items} }}" if items else "{}"
    return json.dumps(value, ensure_ascii=False)


def example_value(table: str, key: Key) -> Any:
    """Return the default, or an example if there is none."""
    if key.default is not None:
        return key.default
    if table == "styles":
        return themes.find("default").dark.styles[key.name]
    if table == "glyphs":
        return GLYPHS[key.name]
    return EXAMPLES[key.name if key.name in EXAMPLES else f"{table}.{key.name}"]


def _file(*parts: str) -> str:
    return "\n".join(parts).rstrip("\n") + "\n"


def _common(table: str, names: tuple[str, ...]) -> Iterator[str]:
    kind = table.removeprefix("segments.")
    keys = keys_of(table.split(".") if table else [])
    if table:
        about = TABLES[kind][1] if kind in TABLES else f"the segment {kind}: {SEGMENTS[kind].doc}"
        yield f"[{table}]\n" + _comment(about)
    yield from _keys(key for name, key in keys.items() if name in names)


def _line(key: Key, table: str = "") -> str:
    return f"#{key.name} = {toml_value(example_value(table, key))}"


def _keys(keys: Iterable[Key], table: str = "", *, brief: bool = False) -> Iterator[str]:
    for key in keys:
        yield _comment(key.doc if brief else key.help) + _line(key, table) + "\n"


def _tables() -> Iterator[str]:
    for name, (keys, doc) in TABLES.items():
        yield f"[{name}]\n" + _comment(doc)
        yield from _keys(keys.values(), name, brief=name in {"styles", "glyphs"})


def _segments() -> Iterator[str]:
    for kind, segment in SEGMENTS.items():
        options = options_of(kind).values()
        lines = [_line(key) for key in options]
        wide = max(map(len, lines))
        documented = "".join(
            f"{line:{wide}}  # {key.doc}\n" for line, key in zip(lines, options, strict=True)
        )
        yield f"[segments.{kind}]\n" + _comment(segment.doc) + documented


def _comment(text: str) -> str:
    lines = textwrap.wrap(
        text[0].upper() + text[1:], WIDTH - 2, break_long_words=False, break_on_hyphens=False
    )
    return "".join(f"# {line}\n" for line in lines)
