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
    MAX_COUNT,
    SYNTHETIC,
    UNIQUE_ID,
    Line,
    Part,
    Tokens,
    extra_parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Split(msgspec.Struct):
    """`cache_creation`: what was written to the cache, by how long it lives."""

    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class ServerTools(msgspec.Struct):
    """`server_tool_use`."""

    web_search_requests: int = 0


class Counts(msgspec.Struct):
    """What is billed, in a response and in each of its iterations."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation: Split | None = None
    server_tool_use: ServerTools | None = None


class Iteration(Counts):
    """One of `iterations`."""

    type: str = ""
    model: str | None = None


class Usage(Counts):
    """`message.usage`."""

    inference_geo: str | None = None
    speed: str | None = None
    iterations: list[Iteration] | None = None


class Message(msgspec.Struct):
    """`message`."""

    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Progress(msgspec.Struct):
    """`data` of a progress line, which until early 2026 repeated a subagent's line."""

    type: str = ""
    message: Record | None = None


class Forked(msgspec.Struct):
    """`forkedFrom`: a fork copied the line from its original."""


class Record(msgspec.Struct, rename="camel"):
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

    def repeats(self, last: Record) -> bool:
        """Return whether the line adds nothing to the one before, of the same response.

        Claude Code writes a line for each block of a response, all with the same usage.
        """
        return (
            self.message == last.message
            and self.timestamp >= last.timestamp
            and self.session_id == last.session_id
            and self.cwd == last.cwd
            and self.request_id == last.request_id
            and self.is_sidechain == last.is_sidechain
            and (self.forked_from is None) == (last.forked_from is None)
            and self.message is not None
            and (self.message.id or "").startswith(UNIQUE_ID)
        )


class Kind(msgspec.Struct):
    """The type of a line alone."""

    type: str = ""


def parser(fallback: Callable[[bytes], Line | None]) -> Callable[[bytes], Line | None]:
    """Return a function from a line to its facts, which leaves the odd ones to `fallback`."""
    decode = msgspec.json.Decoder(Record).decode
    kind = msgspec.json.Decoder(Kind).decode
    errors = (msgspec.DecodeError, RecursionError, UnicodeError)

    last = Record()

    def parse(line: bytes) -> Line | None:
        nonlocal last
        try:
            record = decode(line)
        except errors:
            line = cleaned(line)
            try:  # a user's line with a text for a message has no response, and is frequent
                if kind(line).type == "user":
                    return None
            except errors:
                pass
            return fallback(line)
        outer = record
        if record.type == "progress":
            if record.data is None or record.data.type != "agent_progress":
                return None
            record = record.data.message or Record(type="")
        if record.type != "assistant" or record.message is None:
            return None
        if record.repeats(last):
            return None
        last = record
        return _line(record, outer, line, fallback)

    return parse


def _line(
    record: Record, outer: Record, line: bytes, fallback: Callable[[bytes], Line | None]
) -> Line | None:
    message = record.message or Message()
    usage, model, at = message.usage, message.model, epoch_ms(record.timestamp)
    if usage is None or not model or model == SYNTHETIC or at is None:
        return None
    name, us = model_name(model[:MAX_TEXT]), usage.inference_geo == "us"
    rows = (usage.iterations or [])[:MAX_ITERATIONS]
    if len(rows) == 1 and rows[0].type == "message":
        rows = []  # the usual one, which repeats the top level
    tokens = _tokens(usage)
    iterations = [(row.type, model_name(row.model or ""), _tokens(row)) for row in rows]
    if tokens is None or any(each is None for _, _, each in iterations):
        return fallback(line)  # `json`'s way counts an odd number as 0
    return Line(
        at,
        (record.session_id or outer.session_id or "")[:MAX_TEXT],
        (record.cwd or outer.cwd or "")[:MAX_TEXT],
        (message.id or "")[:MAX_TEXT],
        (record.request_id or "")[:MAX_TEXT],
        (record.uuid or "")[:MAX_TEXT],
        record.is_sidechain is True,
        bool(message.stop_reason),
        record.forked_from is not None or record is not outer,
        Part(name, tokens, usage.speed == "fast", us),
        extra_parts(name, iterations, us=us) if iterations else (),  # type: ignore[arg-type]
    )


def _tokens(row: Counts) -> Tokens | None:
    """Return the tokens, None if a number is negative or too large."""
    split, tools = row.cache_creation, row.server_tool_use
    counts = (
        row.input_tokens,
        row.output_tokens,
        row.cache_creation_input_tokens,
        split.ephemeral_5m_input_tokens if split else 0,
        split.ephemeral_1h_input_tokens if split else 0,
        row.cache_read_input_tokens,
        tools.web_search_requests if tools else 0,
    )
    return None if min(counts) < 0 or max(counts) > MAX_COUNT else tokens_of(*counts)
