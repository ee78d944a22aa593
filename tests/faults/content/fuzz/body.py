"""Parse the service's answers: a usage body, an error, a Retry-After, and `get_usage`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import NOW, chosen, judged, seen_of
from tests.faults.content.judge import one_line, tried
from usageline.cli.config import sample
from usageline.core.windows import MAX_PERCENT
from usageline.sources import client, oauth
from usageline.sources.claude_files import parse_object
from usageline.sources.http import Answer
from usageline.storage import codec
from usageline.storage.codec import MAX_LINE_BYTES, decode, encode
from usageline.storage.snapshot import Snapshot
from usageline.usage import alerts
from usageline.usage.model import STATUSES, Reading, SourceFailure
from usageline.usage.parse import find_unknown, parse


def check(data: bytes) -> None:
    """Assert a plausible reading, or a named failure without details of the body.

    Store, history and snapshot preserve the reading.
    """
    given = Input(data)
    configured, columns, nerd_font = chosen(given)
    status = given.choice((200, 401, 403, 429, 500, 418))
    header, content = given.parts(2)
    if not content:
        header, content = b"", header
    if status != 200:
        _failed(status, header, content)
        return
    body = parse_object(content)
    if body is None:
        return
    find_unknown(body)
    _of_the_client(content)
    reading = _read(body)
    if reading is not None:
        published = {**_snapshot(reading), "credentials": sample.STAMP}
        judged(seen_of({}, published), configured, columns, nerd_font=nerd_font)


def _read(body: dict[str, Any]) -> Reading | None:
    parsed, failure = tried(lambda: parse(body), SourceFailure)
    if failure is not None or parsed is None:
        assert failure
        assert failure.status == "unreadable"
        one_line([str(failure)])
        return None
    reading = Reading(*parsed, source="oauth", observed_at=NOW, plan="Max 5x")
    for limit in reading.limits:
        assert limit.percent is None or 0 <= limit.percent <= MAX_PERCENT
        assert limit.resets_at is None or type(limit.resets_at) is int
        one_line([limit.kind, limit.label, limit.severity or ""])
    for credit in reading.credits:
        assert type(credit.used_minor) in {int, type(None)}
        assert 0 <= credit.exponent <= 6
        one_line([credit.label, credit.currency, credit.disabled_reason or "", credit.terms or ""])
    assert (
        codec.from_json(json.loads(json.dumps(codec.as_json(reading), allow_nan=False))) == reading
    )
    line = encode(reading)
    if len(line) <= MAX_LINE_BYTES:
        # The history keeps no words about a credit.
        complete = replace(
            reading, credits=tuple(replace(credit, terms=None) for credit in reading.credits)
        )
        assert list(decode([line])) == [complete]
    return reading


def _snapshot(reading: Reading) -> dict[str, Any]:
    new, _ = alerts.evaluate(reading, (1, 75, 90), (), (), NOW)
    shown = Snapshot(
        "0" * 16, "Max 5x", reading, NOW, NOW + 300, "ok", alerts=new, alerts_in=frozenset({"line"})
    ).as_json()
    result: dict[str, Any] = json.loads(json.dumps(shown, allow_nan=False))
    return result


def _failed(status: int, header: bytes, content: bytes) -> None:
    failure = oauth.failure_from(
        Answer(status, {"retry-after": header.decode("latin-1")}, content), NOW
    )
    assert failure.status in STATUSES
    assert failure.retry_after_s is None or 0 <= failure.retry_after_s <= oauth.MAX_RETRY_AFTER_S
    # Nothing of the body is in what is said of it.
    assert failure.detail.isascii()
    assert len(failure.detail) < 60
    one_line([failure.detail])


def _of_the_client(content: bytes) -> None:
    client._is_answer(b'{"type":"control_response","response":' + content + b"}")
    answer = parse_object(content) or {}
    _, failure = tried(lambda: client._body(answer), SourceFailure)
    one_line([str(failure or "")])
