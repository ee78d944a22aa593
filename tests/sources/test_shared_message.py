"""A shared reading is used only if a machine with the key signed it for this account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.sources.shared import message
from usageline.sources.shared.message import Message, MessageRefused, account_id, seal, unseal
from usageline.usage.model import Credit, Limit, Reading

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ACCOUNT = account_id(KEY, "0123456789abcdef")
AT_MS = 1_795_464_000_000
READING = Reading(
    (Limit("session", "Current session", 37.5, 1_795_470_000, "normal", pace=3, exhausts_at=9),),
    (Credit("Usage credits", 1234, 5000, 2, "USD", 24.68),),
    "oauth",
    1_795_463_990,
    "Max 5x",
    clock_ahead_s=7,
)


def sealed(**changes: Any) -> bytes:
    """A message with other content, signed with the key."""
    row = {"version": 1, "at_ms": AT_MS, "reading": {}, **changes}
    body = json.dumps(row).encode()
    return message._signature(KEY, ACCOUNT, body).encode() + b"." + body


def test_reading_arrives_without_what_its_machine_added() -> None:
    arrived = unseal(KEY, ACCOUNT, seal(KEY, ACCOUNT, Message(READING, AT_MS)), AT_MS)
    assert arrived.at_ms == AT_MS
    reading = arrived.reading
    (limit,) = reading.limits
    assert (limit.percent, limit.resets_at, limit.severity) == (37.5, 1_795_470_000, "normal")
    assert (limit.pace, limit.exhausts_at, reading.clock_ahead_s) == (None, None, None)
    assert (reading.credits, reading.plan, reading.source) == (READING.credits, "Max 5x", "shared")


def test_changed_message_is_refused() -> None:
    good = seal(KEY, ACCOUNT, Message(READING, AT_MS))
    for index in range(len(good)):
        changed = bytearray(good)
        changed[index] ^= 1
        with pytest.raises(MessageRefused, match="signature"):
            unseal(KEY, ACCOUNT, bytes(changed), AT_MS)


@pytest.mark.parametrize(
    ("key", "account", "now_ms", "reason"),
    [
        (OTHER_KEY, ACCOUNT, AT_MS, "signature"),
        (KEY, account_id(KEY, "another account "), AT_MS, "signature"),
        (KEY, ACCOUNT, AT_MS - 60_001, "future"),
    ],
)
def test_message_of_others_is_refused(key: bytes, account: str, now_ms: int, reason: str) -> None:
    with pytest.raises(MessageRefused, match=reason):
        unseal(key, account, seal(KEY, ACCOUNT, Message(READING, AT_MS)), now_ms)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "another version"),
        ({"at_ms": "x"}, "no valid reading"),
        ({"at_ms": -1}, "no valid reading"),
        ({"at_ms": 1.5}, "no valid reading"),
        ({"reading": None}, "no valid reading"),
        ({"reading": {"limits": []}}, "no valid reading"),
        ({"more": "x" * message.MAX_BYTES}, "too long"),
    ],
)
def test_signed_nonsense_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(MessageRefused, match=reason):
        unseal(KEY, ACCOUNT, sealed(**changes), AT_MS)


@pytest.mark.parametrize("body", [b"", b"[" * 10_000, b"null", b"\xff", b"[1]", b'{"version":NaN}'])
def test_signed_bytes_that_are_no_message_are_refused(body: bytes) -> None:
    signed = message._signature(KEY, ACCOUNT, body).encode() + b"." + body
    with pytest.raises(MessageRefused):
        unseal(KEY, ACCOUNT, signed, AT_MS)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(MessageRefused):
        unseal(KEY, ACCOUNT, content, AT_MS)


def test_reading_that_is_too_long_is_not_shared() -> None:
    limits = tuple(Limit("k" * 64, f"{index:064}", 1, None) for index in range(200))
    with pytest.raises(MessageRefused, match="too long"):
        seal(KEY, ACCOUNT, Message(Reading(limits, (), "oauth", AT_MS // 1000), AT_MS))


def test_account_has_another_name_on_the_server_with_each_key() -> None:
    names = {account_id(key, name) for key in (KEY, OTHER_KEY) for name in ("a", "b")}
    assert len(names) == 4
    assert "0123456789abcdef" not in ACCOUNT
