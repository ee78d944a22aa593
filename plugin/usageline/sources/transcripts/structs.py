"""Read a line with msgspec: the schema is the code. What it refuses goes to `json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from usageline.sources.transcripts.facts import (
    MAX_ITERATIONS,
    MAX_TEXT,
    cleaned,
    epoch_ms,
    model_name,
    tokens_of,
)
from usageline.usage.local.responses import (
    MAX_TOKENS,
    SYNTHETIC,
    UNIQUE_ID,
    Line,
    Part,
    Tokens,
    extra_parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Split(msgspec.Struct, gc=False):
    """`cache_creation`: what was written to the cache, by how long it lives."""

    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class ServerTools(msgspec.Struct, gc=False):
    """`server_tool_use`."""

    web_search_requests: int = 0


class Counts(msgspec.Struct, gc=False):
    """What is billed, in a response and in each of its iterations."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation: Split | None = None
    server_tool_use: ServerTools | None = None


class Iteration(Counts, gc=False):
    """One of `iterations`."""

    type: str = ""
    model: str | None = None


class Usage(Counts, gc=False):
    """`message.usage`."""

    inference_geo: str | None = None
    speed: str | None = None
    iterations: list[Iteration] | None = None


class Message(msgspec.Struct, gc=False):
    """`message`."""

    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Progress(msgspec.Struct, gc=False):
    """`data` of a progress line, which until early 2026 repeated a subagent's line."""

    type: str = ""
    message: Record | None = None


class Forked(msgspec.Struct, gc=False):
    """`forkedFrom`: a fork copied the line from its original."""


class Record(msgspec.Struct, rename="camel", gc=False):
    """A line."""

    type: str = "assistant"
    timestamp: str = ""
    session_id: str | None = None
    cwd: str | None = None
    request_id: str | None = None
    uuid: str | None = None
    is_sidechain: bool | None = None
    forked_from: Forked | None = None
    message: Message | None = None
    data: Progress | None = None


class Kind(msgspec.Struct, gc=False):
    """The type of a line alone."""

    type: str = ""


KIND = msgspec.json.Decoder(Kind).decode
ERRORS = (msgspec.DecodeError, RecursionError, UnicodeError)


class Run:
    """Lines of one response in one session, one after another. `line` is the one that counts.

    Claude Code writes a line for each block of a response, and the last one has the final usage.
    """

    __slots__ = ("at", "copied", "line", "message", "output", "project", "record", "session")

    def __init__(
        self, record: Record, outer: Record, message: Message, at: int, line: memoryview
    ) -> None:
        self.record = record
        self.message = message
        self.output = message.usage.output_tokens if message.usage else 0
        self.line = line
        self.at = at
        self.session = record.session_id or outer.session_id
        self.project = _project(record, outer)
        self.copied = record.forked_from is not None or record is not outer

    def absorb(
        self, record: Record, outer: Record, message: Message, at: int, line: memoryview
    ) -> bool:
        """Take in the next line, if it is one of the same response whose rank is clear."""
        mine, usage = self.message, message.usage
        if (
            message.id != mine.id
            or usage is None
            or (record.session_id or outer.session_id) != self.session
            or not (message.id or "").startswith(UNIQUE_ID)
        ):
            return False
        output = usage.output_tokens
        if 0 <= self.output < output <= MAX_TOKENS:
            self.record, self.message, self.output, self.line = record, message, output, line
        elif not 0 <= output < self.output <= MAX_TOKENS and (
            message != mine or record.is_sidechain != self.record.is_sidechain
        ):
            return False
        if at <= self.at:
            first = (self.at, self.project)
            self.at, self.project = min(first, (at, _project(record, outer)))
        if self.copied:
            self.copied = record.forked_from is not None or record is not outer
        return True


def _project(record: Record, outer: Record) -> str:
    return (record.cwd or outer.cwd or "")[:MAX_TEXT]


def _is_of_user(line: memoryview) -> bool:
    """Return whether a refused line is a user's with a text for a message, which is frequent."""
    try:
        return KIND(cleaned(bytes(line))).type == "user"
    except ERRORS:
        return False


def parser(
    fallback: Callable[[bytes], Line | None],
) -> Callable[[Iterable[memoryview]], list[Line]]:
    """Return a function from lines to their facts, which leaves the odd ones to `fallback`.

    Adjacent lines of one response become one.
    """
    decode = msgspec.json.Decoder(Record).decode

    def parse(lines: Iterable[memoryview]) -> list[Line]:
        result: list[Line | None] = []
        runs: list[Run] = []
        for line in lines:
            try:
                outer = decode(line)
            except ERRORS:
                if not _is_of_user(line):
                    result.append(fallback(cleaned(bytes(line))))
                continue
            record = outer if outer.type == "assistant" else _of_subagent(outer)
            message = record.message
            if (
                message is None
                or message.usage is None
                or not message.model
                or message.model == SYNTHETIC
                or (at := epoch_ms(record.timestamp)) is None
            ):
                continue
            if not runs or not runs[-1].absorb(record, outer, message, at, line):
                runs.append(Run(record, outer, message, at, line))
        result += [_line(run, fallback) for run in runs]
        return [line for line in result if line is not None]

    return parse


def _of_subagent(record: Record) -> Record:
    """Return the subagent's line that a progress line repeats, an empty one if there is none."""
    if record.type == "progress" and record.data and record.data.type == "agent_progress":
        inner = record.data.message
        if inner is not None and inner.type == "assistant":
            return inner
    return Record()


def _line(run: Run, fallback: Callable[[bytes], Line | None]) -> Line | None:
    record, message = run.record, run.message
    usage = message.usage or Usage()
    name, us = model_name((message.model or "")[:MAX_TEXT]), usage.inference_geo == "us"
    rows = (usage.iterations or [])[:MAX_ITERATIONS]
    if len(rows) == 1 and rows[0].type == "message":
        rows = []  # the usual one, which repeats the top level
    tokens = _tokens(usage)
    iterations = [(row.type, model_name(row.model or ""), _tokens(row)) for row in rows]
    if tokens is None or any(each is None for _, _, each in iterations):
        # `json`'s way counts an odd number as 0.
        line = fallback(cleaned(bytes(run.line)))
        return line and line._replace(at=run.at, project=run.project, copied=run.copied)
    return Line(
        run.at,
        (run.session or "")[:MAX_TEXT],
        run.project,
        (message.id or "")[:MAX_TEXT],
        (record.request_id or "")[:MAX_TEXT],
        (record.uuid or "")[:MAX_TEXT],
        record.is_sidechain is True,
        bool(message.stop_reason),
        run.copied,
        Part(name, tokens, usage.speed == "fast", us),
        extra_parts(name, iterations, us=us) if iterations else (),  # type: ignore[arg-type]
    )


def _tokens(row: Counts) -> Tokens | None:
    """Return the tokens, None if a number is negative or too large."""
    split, tools = row.cache_creation, row.server_tool_use
    sent, output, read = row.input_tokens, row.output_tokens, row.cache_read_input_tokens
    written = row.cache_creation_input_tokens
    write_5m = split.ephemeral_5m_input_tokens if split else 0
    write_1h = split.ephemeral_1h_input_tokens if split else 0
    searches = tools.web_search_requests if tools else 0
    counts = (sent, output, written, write_5m, write_1h, read, searches)
    # All bits together are an upper bound, and negative if one of the numbers is.
    bits = sent | output | written | write_5m | write_1h | read | searches
    if not 0 <= bits <= MAX_TOKENS and (min(counts) < 0 or max(counts) > MAX_TOKENS):
        return None
    return tokens_of(*counts)
