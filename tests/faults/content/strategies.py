"""Generate inputs: bytes, changed committed inputs, and JSON with replaced values."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.faults.content.fuzz.bytes_in import BETWEEN
from tests.faults.content.fuzz.targets import DICTIONARY, seeds
from tests.faults.content.hostile import TEXTS

WORDS = [
    word.encode().decode("unicode_escape").encode("latin-1")
    for word in re.findall(r'^"(.*)"$', DICTIONARY.read_text("utf-8"), re.MULTILINE)
]
KEYS = [word.decode() for word in WORDS if re.fullmatch(rb"[a-z_]+", word)]
MAX_CHARACTERS = 200

HOSTILE = st.sampled_from([text[:MAX_CHARACTERS] for text in TEXTS.values()])
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from([0, -1, 100, 101, 1_795_000_100, 10**400, 1e308, -0.0, 1e999]),
    st.floats(),
    st.text(max_size=20),
    HOSTILE,
    st.sampled_from(KEYS),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | HOSTILE, inner, max_size=5)
    ),
    max_leaves=12,
)


@st.composite
def with_other_values(draw: st.DrawFn, value: Any) -> Any:
    """Return the value with one to three values replaced at any depth, or with an extra key."""
    for _ in range(draw(st.integers(1, 3))):
        value = _replaced(draw, value)
    return value


@st.composite
def inputs(draw: st.DrawFn, target: str) -> bytes:
    """Return an input for that target."""
    seed = draw(st.sampled_from(contents(target)))
    kind = draw(st.sampled_from(("values", "bytes", "values", "json", "anything")))
    if kind == "anything":
        return draw(st.binary(max_size=400))
    if kind == "bytes":
        return _cut_up(draw, seed)
    parts = seed.split(BETWEEN)
    index = draw(st.integers(0, len(parts) - 1))
    head, brace, _ = parts[index].partition(b"{")
    content = _parsed(brace + parts[index][len(head) + 1 :])
    if content is None:
        return _cut_up(draw, seed)
    changed = draw(JSON) if kind == "json" else draw(with_other_values(content))
    parts[index] = head + json.dumps(changed).replace("Infinity", "1e999").encode()
    return BETWEEN.join(parts)


@cache
def contents(target: str) -> list[bytes]:
    """Return the committed inputs of a target."""
    return [path.read_bytes() for path in seeds(target)]


def _replaced(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _replaced(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], _replaced(draw, value[index]), *value[index + 1 :]]
    if isinstance(value, dict):
        return {**value, draw(st.sampled_from(KEYS)): draw(JSON)}
    return draw(JSON)


def _cut_up(draw: st.DrawFn, seed: bytes) -> bytes:
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 8))
        data[at : at + length] = draw(st.binary(max_size=4) | st.sampled_from(WORDS))
    return bytes(data)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
