"""Take from one line of a transcript a response, or what Claude Code notes of a session.

Its notes are its counters (`cost-state`), and the account of a session that is also open elsewhere,
such as in a browser (`bridge-session`).

msgspec reads a line ten times as fast as `json`, but takes 30 ms to import. It is used for bulk,
and `json` for the lines that it refuses. Both end in the same checks.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache

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
from usageline.usage.local.cost_states import CostState, Counts, Owner
from usageline.usage.local.responses import (
    MAX_COUNT,
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

MAX_MODELS = 64
STATE_FIELDS = (
    "inputTokens",
    "outputTokens",
    "cacheCreationInputTokens",
    "cacheReadInputTokens",
    "webSearchRequests",
)
"""In the order of `Counts`."""


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


def parse(line: bytes, session: str) -> Response | None:
    """Return the response of a line, None if it has none or cannot be read."""
    outer = record = _record(line)
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


def parse_state(line: bytes) -> CostState | Owner | None:
    """Return the counters or the account of a line, None if it has neither."""
    record = _record(line)
    session = short_text(record.get("sessionId"))
    if record.get("type") == "bridge-session" and session:
        return _owner(
            session,
            short_text(record.get("ownerAccountUuid")),
            short_text(record.get("ownerOrganizationUuid")),
        )
    if record.get("type") != "cost-state":
        return None
    models: dict[str, Counts] = {}
    for name, row in list(mapping(record.get("modelUsage")).items())[:MAX_MODELS]:
        values = mapping(row)
        counts = Counts(*(count(values.get(field), MAX_COUNT) for field in STATE_FIELDS))
        model = model_name(short_text(name))
        # A session may use one model with a long context and without.
        models[model] = counts.plus(models.get(model, Counts()))
    if not session or not models:
        return None
    started = count(record.get("startTime"), 1 << 52)
    return CostState(session, started, models)


@lru_cache(maxsize=256)
def _owner(session: str, account_uuid: str, organization_uuid: str) -> Owner | None:
    """Return the owner, by the digest under which its history is stored, and not by its id."""
    from usageline.sources.auth.claude_state import account_key  # noqa: PLC0415 - seldom

    return Owner(session, account_key(account_uuid, organization_uuid)) if account_uuid else None


# tried by: tests/local
def _record(line: bytes) -> dict[str, Any]:
    """Return the object of a line, {} if it has none or cannot be read."""
    try:
        return mapping(light_json.loads(cleaned(line).decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return {}


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
