"""Test what counts as a response, by lines as they were seen in transcripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import MAIN, MODEL, OTHER, SESSION, Directory, encoded, line
from usageline.sources.transcripts import records

if TYPE_CHECKING:
    from pathlib import Path

SUBAGENT = f"-home-dev-work-one/{SESSION}/subagents/agent-a1.jsonl"
FORK = f"-home-dev-work-one/{OTHER}.jsonl"
TWO_ATTEMPTS = [
    {"type": "message", "model": "claude-fable-5-1", "input_tokens": 2, "output_tokens": 578},
    {"type": "fallback_message", "model": MODEL, "input_tokens": 2, "output_tokens": 400},
]


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


@pytest.mark.parametrize(
    ("files", "responses", "output"),
    [
        ({MAIN: [line(after_s=second) for second in range(4)]}, 1, 400),
        ({MAIN: [line(output=1, stop=None), line(output=260)]}, 1, 260),
        ({MAIN: [line(output=260), line(output=1, stop=None)]}, 1, 260),
        ({MAIN: [line()], FORK: [line(sessionId=OTHER), line(2, sessionId=OTHER)]}, 2, 800),
        ({MAIN: [line()], SUBAGENT: [line(requestId="req_again", isSidechain=True)]}, 1, 400),
        ({MAIN: [line()], SUBAGENT: [line(2, isSidechain=True)]}, 2, 800),
        ({MAIN: [line(), line(2, model="<synthetic>")]}, 1, 400),
        ({MAIN: [line(usage={"output_tokens": -5})]}, 1, 0),
        ({MAIN: [line(usage={"output_tokens": "many"})]}, 1, 0),
        ({MAIN: [line(usage={"speed": None, "iterations": None})]}, 1, 400),
        ({MAIN: [{**line(), "type": "user"}]}, 0, 0),
        ({MAIN: [{"type": "user", "toolUseResult": {"usage": {"output_tokens": 995}}}]}, 0, 0),
        ({MAIN: [line(timestamp="yesterday")]}, 0, 0),
        ({f"p/{SESSION}/subagents/workflows/wf_1/journal.jsonl": [line()]}, 0, 0),
        ({MAIN: [line(message_id="relay", requestId=None, after_s=n) for n in range(3)]}, 1, 400),
        (
            {MAIN: [line(message_id="relay", requestId=None, after_s=180 * n) for n in range(3)]},
            3,
            1200,
        ),
    ],
    ids=[
        *("a line for each block", "placeholder first", "placeholder last", "a fork"),
        *("a question beside", "a subagent", "synthetic", "negative", "text", "nulls"),
        *("a user's line", "a tool's report", "no time", "a journal"),
        *("a gateway's lines", "a gateway's one id"),
    ],
)
@pytest.mark.parametrize("bulk", [True, False])
def test_each_response_counts_once(  # noqa: PLR0917 - two fixtures and the table
    directory: Directory,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, list[dict[str, Any]]],
    responses: int,
    output: int,
    bulk: bool,
) -> None:
    monkeypatch.setattr("usageline.jobs.transcript_reader.BULK_BYTES", -1 if bulk else 1 << 40)
    for name, lines in files.items():
        directory.write(name, *lines)
    total = directory.total()
    assert (total.responses, total.output) == (responses, output)


@pytest.mark.parametrize(
    ("iterations", "models"),
    [
        ([{"type": "message", "output_tokens": 400}], {MODEL: 400}),
        (
            [{"type": "advisor_message", "model": "claude-opus-5", "output_tokens": 90}],
            {MODEL: 400, "claude-opus-5": 90},
        ),
        ([{"type": "advisor_message", "output_tokens": 90}], {MODEL: 400}),
        ([{"type": "compaction", "output_tokens": 35}], {MODEL: 435}),
        (TWO_ATTEMPTS, {MODEL: 400, "claude-fable-5-1": 578}),
        ([{**TWO_ATTEMPTS[0], "output_tokens": 0}, TWO_ATTEMPTS[1]], {MODEL: 400}),
        ([{"type": "to come", "model": "claude-opus-5", "output_tokens": 9}], {MODEL: 400}),
    ],
    ids=["usual", "advisor", "no model", "compaction", "declined", "silent", "unknown"],
)
@pytest.mark.parametrize("bulk", [True, False])
def test_iterations_add_what_is_billed_beside_the_response(
    directory: Directory,
    monkeypatch: pytest.MonkeyPatch,
    iterations: list[dict[str, Any]],
    models: dict[str, int],
    bulk: bool,
) -> None:
    monkeypatch.setattr("usageline.jobs.transcript_reader.BULK_BYTES", -1 if bulk else 1 << 40)
    directory.write(MAIN, *[line(usage={"iterations": iterations})] * 2)
    assert {key: row.output for key, row in directory.rows("model").items()} == models


@pytest.mark.parametrize(
    ("content", "responses"),
    [
        (encoded(line())[:-90], 0),
        (encoded(line())[:-1], 1),
        (encoded(line())[:200] + b"\n" + encoded(line(2)), 1),
        (b"\0" * 4096 + b"\n" + encoded(line()), 1),
        (b"\xef\xbb\xbf" + encoded(line(), line(2)).replace(b"\n", b"\r\n"), 2),
        (encoded(line()).replace(b"words", b"\xff\xfe"), 1),
        (encoded(line()).replace(b"words", b"\\ud83d"), 1),
        ((json.dumps(line()) + "\n").encode(), 1),
        (b'{"x":"' + b"A" * 9_000_000 + b'"}\n' + encoded(line()), 1),
        (encoded(line()).replace(b"words", b"B" * 9_000_000), 1),
        (b"[" * 100_000 + b'"usage"' + b"\n" + encoded(line()), 1),
        (b'{"type":"assistant","message":{"usage":1e999}}\n' + encoded(line()), 1),
        (b"", 0),
    ],
    ids=[
        *("cut", "no newline yet", "torn", "NULs", "Windows", "no UTF-8", "surrogate", "blanks"),
        *("a long line", "a long response", "deep", "huge number", "empty"),
    ],
)
def test_what_cannot_be_read_costs_no_other_line(
    directory: Directory, content: bytes, responses: int
) -> None:
    directory.write_bytes(MAIN, content)
    assert directory.total().responses == responses


def test_a_progress_line_counts_unless_the_subagent_has_a_file(directory: Directory) -> None:
    inner = line(isSidechain=True)
    record = {"type": "progress", "data": {"type": "agent_progress", "message": inner}}
    directory.write(MAIN, {**record, "sessionId": SESSION, "cwd": "/elsewhere"})
    assert directory.total().responses == 1
    directory.write(SUBAGENT, inner)
    assert directory.total().responses == 1


def test_lines_without_a_session_are_of_that_of_their_file(directory: Directory) -> None:
    directory.write(MAIN, line(sessionId=None))
    directory.write(SUBAGENT, line(2, sessionId=None, isSidechain=True))
    directory.write("p/imported.jsonl", line(3, sessionId=None))
    rows = directory.rows("session")
    assert {key: row.responses for key, row in rows.items()} == {SESSION: 2, "imported": 1}


def test_a_response_is_of_the_day_on_which_it_began(directory: Directory) -> None:
    almost_midnight = 14 * 3600 - 1
    directory.write(MAIN, line(after_s=almost_midnight + 2), line(after_s=almost_midnight))
    assert list(directory.rows("day")) == ["2026-11-20"]


def test_links_lead_to_each_file_once(directory: Directory, tmp_path: Path) -> None:
    path = directory.write(MAIN, line())
    (path.parent / "again.jsonl").hardlink_to(path)
    (path.parent / "loop").symlink_to(tmp_path / "projects")
    (tmp_path / "projects" / "far").symlink_to(path.parent)
    assert directory.total().responses == 1
    assert directory.scan().files == 1


def test_an_unknown_model_is_unpriced_and_never_free(directory: Directory) -> None:
    directory.write(MAIN, line(model="claude-next-9"), line(2))
    total = directory.total()
    assert total.unpriced == {"claude-next-9": 1}
    assert total.cost == directory.rows("model")[MODEL].cost > 0


def test_an_unfinished_response_makes_the_sum_a_lower_bound(directory: Directory) -> None:
    directory.write(MAIN, line(output=3, stop=None), line(2))
    assert directory.total().unfinished == 1
    directory.write(MAIN, line(output=3, stop=None), line(2), line(output=90))
    assert directory.total().unfinished == 0


@pytest.mark.parametrize(
    "record",
    [
        line(),
        line(usage={"iterations": TWO_ATTEMPTS}),
        line(usage={"output_tokens": -1}),
        line(message_id="gen-1"),
        line(message_id="gen-1", requestId=None),
        line(sessionId=None),
        line(timestamp="2026-11-24T23:59:60.999Z"),
        line(timestamp="2026-11-24 23:59:59,9999999+0530"),
    ],
)
def test_both_parsers_return_the_same_facts(record: dict[str, Any]) -> None:
    content = encoded(record)
    expected = records.parse(content, SESSION)
    assert records.parser(bulk=True)([memoryview(content)], SESSION) == [expected] != [None]


@pytest.mark.parametrize(
    ("original", "fork", "owner"),
    [
        ([1, 2, 3], [1, 2, 4], SESSION),
        ([1, 2], [1, 2, 4], SESSION),
        ([1, 2, 5], [1, 2, 4], OTHER),
        ([1, 2], [1, 2], SESSION),
    ],
    ids=["both went on", "only the fork went on", "the fork went on first", "neither"],
)
@pytest.mark.parametrize("is_marked", [False, True])
def test_a_forks_copies_are_of_the_session_that_went_on_first(
    directory: Directory, original: list[int], fork: list[int], owner: str, is_marked: bool
) -> None:
    mark: dict[str, Any] = {"forkedFrom": {"sessionId": SESSION}} if is_marked else {}
    lines = [
        line(number, sessionId=OTHER, after_s=number, **(mark if number in original else {}))
        for number in fork
    ]
    directory.write(FORK, *lines)
    directory.scan()
    directory.write(MAIN, *(line(number, after_s=number) for number in original))
    rows = {key: row.responses for key, row in directory.rows("session").items()}
    assert rows[SESSION if is_marked else owner] == (
        len(original) if is_marked or owner == SESSION else len(fork)
    )
    assert sum(rows.values()) == len({*original, *fork})


@pytest.mark.parametrize("fork", [[1, 2, 4], [1, 2]], ids=["went on first", "never went on"])
def test_a_session_with_a_subagent_of_copied_responses_is_the_original(
    directory: Directory, fork: list[int]
) -> None:
    """A fork copies the conversation, and not what a subagent then did beside the original."""
    directory.write(FORK, *(line(each, sessionId=OTHER, after_s=each) for each in fork))
    directory.write(MAIN, *(line(each, after_s=each) for each in (1, 2)))
    directory.write(SUBAGENT, line(5, isSidechain=True, after_s=5))
    directory.write("p/late.jsonl", line(6, after_s=600))
    rows = {key: row.responses for key, row in directory.rows("session").items()}
    assert rows == {SESSION: 4, **({OTHER: 1} if 4 in fork else {})}
