"""Take the facts of a response from one line of a transcript.

msgspec reads a line ten times as fast as `json`, but takes 30 ms to import. It is used for bulk,
and `json` for the lines that it refuses. Both end in the same checks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    Line,
    Part,
    Tokens,
    extra_parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parser = Callable[[bytes], "Line | None"]


def parser(*, bulk: bool) -> Parser:
    """Return a function from a line's bytes to its facts, or None if it has no response.

    With `bulk` it uses msgspec, if that is installed.
    """
    if bulk:
        try:
            from usageline.sources.transcripts import structs  # noqa: PLC0415 - slow to import
        except ImportError:
            return parse
        return structs.parser(parse)
    return parse


# tried by: tests/local
def parse(line: bytes) -> Line | None:
    """Return the facts of a line, None if it has no response or cannot be read."""
    try:
        record = json.loads(cleaned(line).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    outer = record
    if record.get("type") == "progress":
        data = _mapping(record.get("data"))
        if data.get("type") != "agent_progress":
            return None
        record = _mapping(data.get("message"))
    if record.get("type", "assistant") != "assistant":
        return None
    message = _mapping(record.get("message"))
    usage, model = message.get("usage"), _text(message.get("model"))
    at = epoch_ms(_text(record.get("timestamp")))
    if not isinstance(usage, dict) or not model or model == SYNTHETIC or at is None:
        return None
    listed = usage.get("iterations")
    iterations = [
        (_text(row.get("type")), model_name(_text(row.get("model"))), _tokens(row))
        for row in (listed[:MAX_ITERATIONS] if isinstance(listed, list) else [])
        if isinstance(row, dict)
    ]
    name, us = model_name(model), usage.get("inference_geo") == "us"
    return Line(
        at,
        _text(record.get("sessionId")) or _text(outer.get("sessionId")),
        _text(record.get("cwd")) or _text(outer.get("cwd")),
        _text(message.get("id")),
        _text(record.get("requestId")),
        _text(record.get("uuid")),
        record.get("isSidechain") is True,
        bool(message.get("stop_reason")),
        isinstance(record.get("forkedFrom"), dict) or record is not outer,
        Part(name, _tokens(usage), usage.get("speed") == "fast", us),
        extra_parts(name, iterations, us=us),
    )


def _tokens(usage: Mapping[str, Any]) -> Tokens:
    split = _mapping(usage.get("cache_creation"))
    return tokens_of(
        _count(usage.get("input_tokens")),
        _count(usage.get("output_tokens")),
        _count(usage.get("cache_creation_input_tokens")),
        _count(split.get("ephemeral_5m_input_tokens")),
        _count(split.get("ephemeral_1h_input_tokens")),
        _count(usage.get("cache_read_input_tokens")),
        _count(_mapping(usage.get("server_tool_use")).get("web_search_requests")),
    )


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 < value <= MAX_COUNT else 0


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""
