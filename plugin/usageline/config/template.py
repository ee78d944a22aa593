"""The config.toml that `usageline config init` writes, with every key commented out."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from usageline import themes
from usageline.config.schema import TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.core.appearance import GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from usageline.config.types import Key

WIDTH = 110
HEAD = """\
# usageline's configuration. Every key is optional. A # without a space precedes a key with its
# default value: remove the # to change it. `usageline config check` names problems, and
# `usageline config preview` shows the line. The next status line uses an edit.
"""
EXAMPLES = {"separator": " · ", "client": "/usr/local/bin/claude", "priority": 50}
"""Values for keys without a default."""

INSTANCE = """\
# A segment can be used several times, each with its own options: name it in `rows` as "text.note".
#[segments.text.note]
#text = "hello"
"""


def default_file() -> str:
    """Return the file. Without the # before keys it means the same, except those in EXAMPLES."""
    return (
        "\n".join(
            [HEAD, *_keys(TOP), *_tables(), "# Segments: their options.\n", *_segments(), INSTANCE]
        ).rstrip("\n")
        + "\n"
    )


def toml_value(value: Any) -> str:
    """Return a value of the schema in TOML, which writes these types as JSON does."""
    return json.dumps(value, ensure_ascii=False)


def example_value(table: str, key: Key) -> Any:
    """Return the default, or an example if there is none."""
    if key.default is not None:
        return key.default
    if table == "styles":
        return themes.find("default").dark.styles[key.name]
    return GLYPHS[key.name] if table == "glyphs" else EXAMPLES[key.name]


def _keys(keys: Iterable[Key], table: str = "", *, brief: bool = False) -> Iterator[str]:
    for key in keys:
        allowed = "" if brief or key.type.allowed == "true or false" else f" ({key.type.allowed})"
        yield (
            _comment(key.doc + allowed) + f"#{key.name} = {toml_value(example_value(table, key))}\n"
        )


def _tables() -> Iterator[str]:
    for name, (keys, doc) in TABLES.items():
        yield f"[{name}]\n" + _comment(doc)
        yield from _keys(keys, name, brief=name in {"styles", "glyphs"})


def _segments() -> Iterator[str]:
    for kind, segment in SEGMENTS.items():
        options = options_of(kind).values()
        lines = [f"#{key.name} = {toml_value(example_value('', key))}" for key in options]
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
