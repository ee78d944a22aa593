"""Writes the tables of docs/CONFIGURATION.md anew from the schema:
`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.configuration`.

A table stands between `<!-- NAME -->` and `<!-- end -->`; the words around it are written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from usageline import themes
from usageline.config.schema import TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.template import toml_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.config.schema import Key

FILE = Path(__file__).parent.parent / "docs" / "CONFIGURATION.md"
COMMON = ("label", "style", "priority", "hide")
"""Options that every segment has."""


def written(text: str) -> str:
    """The text of the file with its tables as the schema has them."""
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda found: found[1] + "\n" + _table(found[2]) + "\n" + found[3],
        text,
        flags=re.DOTALL,
    )


def _table(name: str) -> str:
    if name == "top":
        return _keys(TOP)
    if name == "themes":
        return _rows(
            ("theme", "how it looks"),
            ((f"`{theme}`", themes.find(theme).about) for theme in themes.NAMES),
        )
    if name == "common":
        return _keys(key for key in options_of("model").values() if key.name in COMMON)
    if name == "segments":
        return _rows(
            ("segment", "shows", "label"),
            (
                (f"`{kind}`", found.doc, found.label and f"`{found.label}`")
                for kind, found in SEGMENTS.items()
            ),
        )
    if name == "options":
        return "\n".join(
            f"#### {kind}\n\n{_keys(found.options)}"
            for kind, found in SEGMENTS.items()
            if found.options
        )
    if name in {"styles", "glyphs"}:
        return _rows(("key", "what it is"), ((f"`{key.name}`", key.doc) for key in TABLES[name][0]))
    return _keys(TABLES[name][0])


def _keys(keys: Iterable[Key]) -> str:
    return _rows(
        ("key", "allowed", "default", "what it does"),
        (
            (
                f"`{key.name}`",
                key.type.allowed,
                "" if key.default is None else f"`{toml_value(key.default)}`",
                key.doc,
            )
            for key in keys
        ),
    )


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(encoding="utf-8")), encoding="utf-8")
