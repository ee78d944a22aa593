"""Take the facts of a response from one line of a transcript.

msgspec reads a line ten times as fast as `json`, but takes 30 ms to import. It is used for bulk,
and `json` for the lines that it refuses. Both end in the same checks.
"""

from __future__ import annotations

import contextlib

from usageline.sources.transcripts.chunks import MARK
from usageline.sources.transcripts.facts import (
    MAX_ITERATIONS,
    MAX_TEXT,
    cleaned,
    epoch_ms,
    model_name,
    tokens_of,
)
from usageline.system import light_json
from usageline.usage.local.responses import (
    MAX_TOKENS,
    SYNTHETIC,
    Claim,
    Part,
    Response,
    Tokens,
    extra_parts,
    response_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    Parser = Callable[[Iterable[memoryview], str], list[Response]]


def parser(*, bulk: bool) -> Parser:
    """Return a function from lines to the responses that they describe.

    It also takes the session of lines without one. With `bulk` it uses msgspec, if that is
    installed.
    """
    if bulk:
        with contextlib.suppress(ImportError):
            from usageline.sources.transcripts import structs  # noqa: PLC0415 - slow to import

            return structs.parser(parse)
    return lambda lines, session: [
        response
        for line in map(bytes, lines)
        if MARK in line and (response := parse(line, session)) is not None
    ]


# tried by: tests/local
def parse(line: bytes, session: str) -> Response | None:
    """Return the response of a line, None if it has none or cannot be read."""
    try:
        record = light_json.loads(cleaned(line).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    outer = record
    if record.get("type") == "progress":
        data = mapping(record.get("data"))
        if data.get("type") != "agent_progress":
            return None
        record = mapping(data.get("message"))
    if record.get("type", "assistant") != "assistant":
        return None
    message = mapping(record.get("message"))
    usage, model = message.get("usage"), short_text(message.get("model"))
    at = epoch_ms(short_text(record.get("timestamp")))
    if not isinstance(usage, dict) or not model or model == SYNTHETIC or at is None:
        return None
    listed = usage.get("iterations")
    iterations = [
        (short_text(row.get("type")), model_name(short_text(row.get("model"))), _tokens(row))
        for row in (listed[:MAX_ITERATIONS] if isinstance(listed, list) else [])
        if isinstance(row, dict)
    ]
    name, us = model_name(model), usage.get("inference_geo") == "us"
    claim = Claim(
        short_text(record.get("sessionId")) or short_text(outer.get("sessionId")) or session,
        at,
        short_text(record.get("cwd")) or short_text(outer.get("cwd")),
        isinstance(record.get("forkedFrom"), dict) or record is not outer,
    )
    part = Part(name, _tokens(usage), usage.get("speed") == "fast", us)
    return response_of(
        claim,
        short_text(message.get("id")),
        short_text(record.get("requestId")),
        short_text(record.get("uuid")),
        (part, *extra_parts(name, iterations, us=us)),
        sidechain=record.get("isSidechain") is True,
        finished=bool(message.get("stop_reason")),
    )


def _tokens(usage: Mapping[str, Any]) -> Tokens:
    split = mapping(usage.get("cache_creation"))
    return tokens_of(
        count(usage.get("input_tokens")),
        count(usage.get("output_tokens")),
        count(usage.get("cache_creation_input_tokens")),
        count(split.get("ephemeral_5m_input_tokens")),
        count(split.get("ephemeral_1h_input_tokens")),
        count(usage.get("cache_read_input_tokens")),
        count(mapping(usage.get("server_tool_use")).get("web_search_requests")),
    )


def count(value: object, most: int = MAX_TOKENS) -> int:
    """Return a count from outside, 0 if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 < value <= most else 0


def mapping(value: object) -> dict[str, Any]:
    """Return an object of JSON, {} if it is none."""
    return value if isinstance(value, dict) else {}


def short_text(value: object) -> str:
    """Return the beginning of a text, "" if it is none."""
    return value[:MAX_TEXT] if isinstance(value, str) else ""
