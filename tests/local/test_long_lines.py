"""Test that a long line is shortened to a beginning after which its rest may follow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.local.transcripts import encoded, line
from tests.local.traps import ACCEPTED, DECLINED, progress
from usageline.sources.transcripts.chunks import shortened
from usageline.sources.transcripts.records import parse

TEXTS = st.text(st.sampled_from('\\"\n{}[],:aé\ud83d'), max_size=12)
SCALARS = st.one_of(TEXTS, st.sampled_from([0, -1, 1.5e300, 10**19, 1e-5, True, False, None]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" , \t", " : ")])
MEGABYTE = 1_000_000


@given(VALUES, VALUES, SEPARATORS, st.booleans(), st.data())
def test_line_means_the_same_wherever_it_is_cut(
    content: Any, result: Any, separators: tuple[str, str], is_progress: bool, data: st.DataObject
) -> None:
    record = {"first": result, **line(usage={"iterations": [DECLINED, ACCEPTED]})}
    record["message"]["content"] = content
    whole = {**(progress(record) if is_progress else record), "toolUseResult": result}
    raw = json.dumps(whole, separators=separators).encode()
    expected = parse(raw, "")
    assert expected is not None
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), min_size=1, max_size=3)))
    short, start = b"", 0
    for cut in cuts:
        short, start = shortened(short + raw[start:cut]), cut
    assert parse(short + raw[start:], "") == expected


@given(st.binary(max_size=40), st.text(st.sampled_from('\\"{}[],: 1a'), max_size=60))
def test_no_content_raises_an_error(other: bytes, text: str) -> None:
    for content in (other, text.encode(), b'{"message":{' + text.encode()):
        assert len(shortened(content)) <= 5 * len(content)


@pytest.mark.parametrize(
    "element",
    [b'"ab",', b"12,", b'{"a":[1]},', b"[],", b"  ", b'"' + b"x" * 1000 + b'",', b'"\\\\\\"",'],
)
def test_inside_of_what_is_not_read_is_left_out(element: bytes) -> None:
    head, tail = encoded(line()).split(b'"content":[')
    long = head + b'"content":[' + element * (MEGABYTE // len(element))
    short = shortened(long)
    assert len(short) < 500
    assert parse(short + b"0," + tail, "") == parse(encoded(line()), "")


@pytest.mark.parametrize("text", [b"A", b"\\\\", b'\\"', b"\\u00e9", b"\\ud83c\\udf89"])
def test_long_text_keeps_its_beginning(text: bytes) -> None:
    raw = encoded(line(cwd="@")).replace(b"@", text * (MEGABYTE // len(text)))
    expected = parse(raw, "")
    cut = raw.index(b'"sessionId"') - 99
    short = shortened(raw[:cut])
    assert len(short) < 60_000
    assert parse(short + raw[cut:], "") == expected
