"""Read a line with msgspec: the schema is the code. What it refuses goes to `json`.

The fields are in the order of Claude Code's lines, in which msgspec finds them fastest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from usageline.sources.transcripts.chunks import MARK
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
    Claim,
    Part,
    Response,
    Tokens,
    extra_parts,
    new,
    unique_response,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Fallback = Callable[[bytes, str], Response | None]


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
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 0
    server_tool_use: ServerTools | None = None
    cache_creation: Split | None = None


class Iteration(Counts, gc=False):
    """One of `iterations`."""

    type: str = ""
    model: str | None = None


class Usage(Counts, gc=False):
    """`message.usage`."""

    inference_geo: str | None = None
    iterations: list[Iteration] | None = None
    speed: str | None = None


class Message(msgspec.Struct, gc=False):
    """`message`."""

    model: str | None = None
    id: str | None = None
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

    is_sidechain: bool | None = None
    message: Message | None = None
    type: str = "assistant"
    data: Progress | None = None
    timestamp: str = ""
    cwd: str | None = None
    session_id: str | None = None
    forked_from: Forked | None = None


class Kind(msgspec.Struct, gc=False):
    """The type of a line alone."""

    type: str = ""


NO_RECORD, NO_USAGE = Record(), Usage()
KIND = msgspec.json.Decoder(Kind).decode
ERRORS = (msgspec.DecodeError, RecursionError, UnicodeError)


class Run:
    """Lines of one response in one session, one after another. `line` is the one that counts.

    `id` is that of the response, None if it is not unique.

    Claude Code writes a line for each block of a response, and the last one has the final usage.
    """

    __slots__ = ("at", "copied", "id", "line", "message", "output", "project", "record", "session")

    def __init__(
        self, record: Record, outer: Record, message: Message, at: int, line: memoryview
    ) -> None:
        self.id = message.id if message.id and message.id.startswith(UNIQUE_ID) else None
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
        """Take in the next line with the same `id`, if it is of this session and its rank clear."""
        usage = message.usage
        if usage is None or (record.session_id or outer.session_id) != self.session:
            return False
        output = usage.output_tokens
        if 0 <= self.output < output <= MAX_TOKENS:
            self.record, self.message, self.output, self.line = record, message, output, line
        elif not 0 <= output < self.output <= MAX_TOKENS and (
            message != self.message or record.is_sidechain != self.record.is_sidechain
        ):
            return False
        if at <= self.at:
            first = (self.at, self.project)
            self.at, self.project = min(first, (at, _project(record, outer)))
        if self.copied:
            self.copied = record.forked_from is not None or record is not outer
        return True

    def response(self, session: str, fallback: Fallback) -> Response | None:
        """Return the response. `session` is that of lines without one."""
        message = self.message
        usage = message.usage or NO_USAGE
        session = (self.session or session)[:MAX_TEXT]
        claim = new(Claim, (session, self.at, self.project, self.copied))
        name, us = model_name((message.model or "")[:MAX_TEXT]), usage.inference_geo == "us"
        tokens = _tokens(usage)
        extras = _extras(name, usage.iterations, us=us) if usage.iterations else ()
        if self.id is None or tokens is None or extras is None:
            # Another id needs more fields. `json`'s way counts an odd number as 0.
            response = fallback(cleaned(bytes(self.line)), session)
            return response and response._replace(claims=(claim,))
        part = new(Part, (name, tokens, usage.speed == "fast", us))
        return unique_response(
            self.id[:MAX_TEXT],
            claim,
            (part, *extras),
            sidechain=self.record.is_sidechain is True,
            finished=bool(message.stop_reason),
        )


def _project(record: Record, outer: Record) -> str:
    return (record.cwd or outer.cwd or "")[:MAX_TEXT]


def _is_of_user(line: bytes) -> bool:
    """Return whether a refused line is a user's with a text for a message, which is frequent."""
    try:
        return KIND(line).type == "user"
    except ERRORS:
        return False


def parser(fallback: Fallback) -> Callable[[Iterable[memoryview], str], list[Response]]:
    """Return a function from lines to their responses, which leaves odd lines to `fallback`.

    It also takes the session of lines without one. Adjacent lines of one response become one.
    """
    decode = msgspec.json.Decoder(Record).decode

    def parse(lines: Iterable[memoryview], session: str) -> list[Response]:
        responses: list[Response | None] = []
        runs: list[Run] = []
        run = None
        for line in lines:
            try:
                outer = decode(line)
            except ERRORS:
                refused = cleaned(bytes(line))
                if MARK in refused and not _is_of_user(refused):
                    responses.append(fallback(refused, session))
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
            if (
                run is None
                or run.id is None
                or message.id != run.id
                or not run.absorb(record, outer, message, at, line)
            ):
                run = Run(record, outer, message, at, line)
                runs.append(run)
        responses += [run.response(session, fallback) for run in runs]
        return [response for response in responses if response is not None]

    return parse


def _of_subagent(record: Record) -> Record:
    """Return the subagent's line that a progress line repeats, an empty one if there is none."""
    if record.type == "progress" and record.data and record.data.type == "agent_progress":
        inner = record.data.message
        if inner is not None and inner.type == "assistant":
            return inner
    return NO_RECORD


def _extras(model: str, rows: list[Iteration], *, us: bool) -> tuple[Part, ...] | None:
    """Return what the iterations add, None if a number is negative or too large."""
    if len(rows) == 1 and rows[0].type == "message":
        return ()  # the usual one, which repeats the top level
    iterations = []
    for row in rows[:MAX_ITERATIONS]:
        tokens = _tokens(row)
        if tokens is None:
            return None
        iterations.append((row.type, model_name(row.model or ""), tokens))
    return extra_parts(model, iterations, us=us)


def _tokens(row: Counts) -> Tokens | None:
    """Return the tokens, None if a number is negative or too large."""
    split, tools = row.cache_creation, row.server_tool_use
    sent, output, read = row.input_tokens, row.output_tokens, row.cache_read_input_tokens
    written = row.cache_creation_input_tokens
    write_5m = split.ephemeral_5m_input_tokens if split else 0
    write_1h = split.ephemeral_1h_input_tokens if split else 0
    searches = tools.web_search_requests if tools else 0
    # All bits together are an upper bound, and negative if one of the numbers is.
    bits = sent | output | written | write_5m | write_1h | read | searches
    if not 0 <= bits <= MAX_TOKENS:
        counts = (sent, output, written, write_5m, write_1h, read, searches)
        if min(counts) < 0 or max(counts) > MAX_TOKENS:
            return None
    return tokens_of(sent, output, written, write_5m, write_1h, read, searches)
