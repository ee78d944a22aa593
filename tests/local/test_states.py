"""Test what Claude Code itself notes of a session: its counters, its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import (
    MAIN,
    MODEL,
    OTHER,
    SESSION,
    Directory,
    bridge,
    cost_state,
    encoded,
    everything,
    line,
)
from tests.world import ACCOUNT, ORGANIZATION
from usageline.sources.auth.claude_state import account_key
from usageline.sources.transcripts import records
from usageline.storage.usage_index.selection import (
    SEVERAL,
    UNKNOWN,
    Range,
    by_account,
    comparisons,
    cost_of_account,
    owners,
    sessions_of,
)
from usageline.usage.local.cost_states import CostState, Counts

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
        b'{"type":"bridge-session","sessionId":"s","ownerAccountUuid":["a"]}',
        b'{"type":"bridge-session","ownerAccountUuid":"a"}',
        b'{"type":"cost-state","sessionId":7,"modelUsage":{"m":{"inputTokens":1}}}',
    ],
    ids=["deep", "nothing", "a list", "a user's line", "no account", "no name", "no session"],
)
def test_other_lines_have_no_counters(content: bytes) -> None:
    assert records.parse_state(content) is None


def test_numbers_that_are_no_counts_are_nothing() -> None:
    record = cost_state()
    record["modelUsage"][MODEL].update(inputTokens=-1, outputTokens=1e300)
    state = records.parse_state(encoded(record))
    assert isinstance(state, CostState)
    assert state.models == {MODEL: Counts(0, 0, 1000, 20_000)}


def test_account_of_a_session_is_the_snapshots_key(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    other = line(2, sessionId=OTHER, output=1000)
    directory.write(MAIN, line(1), bridge(ACCOUNT, ORGANIZATION), bridge(ACCOUNT, ORGANIZATION))
    directory.write("p/other.jsonl", other)
    directory.scan()
    key = account_key(ACCOUNT, ORGANIZATION)
    assert owners(directory.index) == {SESSION: key}
    accounts = owners(directory.index)
    rows = by_account(directory.rows("session").values(), accounts)
    assert {row.key: row.output for row in rows} == {key: 400, UNKNOWN: 1000}
    for account, output in ((key, 400), (UNKNOWN, 1000)):
        sessions = sessions_of(directory.index, account, accounts)
        (day,) = directory.rows("day", Range(sessions=sessions)).values()
        assert day.output == output
    assert (
        cost_of_account(directory.index, "other", 0, 1 << 50)
        == directory.rows("session")[OTHER].cost
    )


def test_session_of_two_accounts_is_of_neither(tmp_path: Path) -> None:
    """The order of the lines does not matter, nor that they are read twice."""
    stored = []
    for number, accounts in enumerate((["a", "b"], ["b", "a", "b"])):
        directory = Directory(tmp_path / str(number))
        path = directory.write(MAIN, line(1), *map(bridge, accounts))
        directory.scan()
        with path.open("ab") as file:
            file.write(encoded(bridge("a")))
        directory.scan()
        stored.append(everything(directory.index)[-2:])
        assert owners(directory.index) == {SESSION: SEVERAL}
    assert stored[0] == stored[1]
