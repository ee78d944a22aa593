"""Test what Claude Code itself counted in a session, beside the transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import MAIN, MODEL, SESSION, Directory, cost_state, encoded, line
from usageline.sources.transcripts import states
from usageline.storage.usage_index.queries import comparisons
from usageline.usage.local.cost_states import Counts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ([line(), cost_state()], Counts()),
        ([line(output=1, stop=None), cost_state(400)], Counts(output=399)),
        ([line(), cost_state(400), line(2), cost_state(900)], Counts(output=100)),
        ([line(), cost_state(900), cost_state(400)], Counts(output=500)),
        ([line(), cost_state(model=MODEL + "[1m]")], Counts()),
        ([cost_state()], Counts(2, 400, 1000, 20_000)),
    ],
    ids=["complete", "cut off", "later counters", "older counters", "long context", "no lines"],
)
def test_what_is_not_in_the_transcripts_is_named(
    directory: Directory, lines: list[dict[str, Any]], missing: Counts
) -> None:
    directory.write(MAIN, *lines)
    directory.scan()
    (row,) = comparisons(directory.index)
    assert (row.session, row.model) == (SESSION, MODEL)
    assert row.missing == missing


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"type":"cost-state"}',
        b'{"type":"cost-state","sessionId":"s","modelUsage":[]}',
        b'{"type":"user","sessionId":"s","modelUsage":{"m":{"inputTokens":1}}}',
        b'{"type":"cost-state","sessionId":7,"modelUsage":{"m":{"inputTokens":1}}}',
    ],
    ids=["deep", "nothing", "a list", "a user's line", "no session"],
)
def test_other_lines_have_no_counters(content: bytes) -> None:
    assert states.parse(content) is None


def test_numbers_that_are_no_counts_are_nothing() -> None:
    record = cost_state()
    record["modelUsage"][MODEL].update(inputTokens=-1, outputTokens=1e300)
    state = states.parse(encoded(record))
    assert state is not None
    assert state.models == {MODEL: Counts(0, 0, 1000, 20_000)}
