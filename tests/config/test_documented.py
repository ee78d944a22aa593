"""Every key is documented in the file that `init` writes and in docs/CONFIGURATION.md."""

from __future__ import annotations

import re
from typing import Any

from tests.world import REPOSITORY
from tools import configuration
from usageline.config.file import parse
from usageline.config.resolve import resolve_values
from usageline.config.schema import TABLES, TOP
from usageline.config.segments import SEGMENTS, non_defaults, options_of
from usageline.config.template import EXAMPLES, default_file
from usageline.config.validate import NO_VALUES, validate

KEY = re.compile(r"^#(?=[a-z\[])", re.MULTILINE)
"""The # before a key that is commented out; one before words has a space after it."""


def uncommented() -> dict[str, Any]:
    """Return the default file with all its keys."""
    return parse(KEY.sub("", default_file()))


def test_the_default_file_is_valid_and_changes_nothing() -> None:
    """It leaves every key at its default."""
    values, problems, table = validate(default_file())
    assert problems == []
    assert values.top == {}
    assert not any(values.tables.values())
    assert not any(values.segments.values())
    assert table.keys() == TABLES.keys() | {"segments"}
    assert resolve_values(values) == resolve_values(NO_VALUES)


def test_with_its_keys_uncommented_it_is_valid_and_means_the_same() -> None:
    """Keys without a default show an example."""
    values, problems, _ = validate(KEY.sub("", default_file()))
    assert problems == []
    assert {name: value for name, value in values.top.items() if name not in EXAMPLES} == {
        key.name: key.default for key in TOP if key.name not in EXAMPLES
    }
    for name in ("chain", "alerts"):
        assert values.tables[name] == NO_VALUES.table(name)
    for kind, options in values.segments.items():
        if "." not in kind:
            assert non_defaults(kind, options) == {"priority": EXAMPLES["priority"]}


def test_every_key_is_in_the_default_file() -> None:
    """Of every table and every segment."""
    found = uncommented()
    assert found.keys() == {key.name for key in TOP} | TABLES.keys() | {"segments"}
    for name, (keys, _) in TABLES.items():
        assert found[name].keys() == {key.name for key in keys}
    for kind in SEGMENTS:
        assert found["segments"][kind].keys() - {"note"} == options_of(kind).keys()


def test_every_key_has_a_purpose_and_an_allowed_default() -> None:
    """The purpose fits in a line."""
    keys = [
        *TOP,
        *(key for table, _ in TABLES.values() for key in table),
        *(key for kind in SEGMENTS for key in options_of(kind).values()),
    ]
    for key in keys:
        assert 3 < len(key.doc) < 140
        assert key.type.allowed
        if key.default is not None:
            assert key.type.read(key.default) == key.default


def test_the_documentation_has_the_tables_of_the_schema() -> None:
    """If this fails, run tools/generated.py."""
    text = configuration.FILE.read_text(encoding="utf-8")
    assert configuration.written(text) == text
    assert all(f"`{name}`" in text for kind in SEGMENTS for name in options_of(kind))


def test_the_documented_example_is_valid() -> None:
    """Users will copy it."""
    text = (REPOSITORY / "docs" / "CONFIGURATION.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert examples
    assert all(validate(example).problems == [] for example in examples)
