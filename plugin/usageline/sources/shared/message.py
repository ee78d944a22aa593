"""Sign a reading for the other machines of the account, and check one that they signed.

A message is `<hex of an HMAC-SHA256>.<JSON>`. The HMAC covers version, account, time and body, so
that no reading can be moved to another account, dated anew, or changed. Its time is that of the
server: the clock of no machine matters.

It has percentages, reset times, amounts and the plan's name. It has no token, e-mail address, host
name, path or identifier of the account.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import NamedTuple

from usageline.config.sources import SHARED
from usageline.core.errors import UsagelineError
from usageline.storage import codec
from usageline.usage.model import Limit, Reading
from usageline.usage.values import LATEST, integer, mapping

VERSION = 1
MAX_BYTES = 32 << 10
"""A reading has about one KiB, and at most eight."""

MAX_CLOCK_STEP_MS = 60_000
"""After a failover the clock is that of another server."""

ACCOUNT_CHARS = 32


class MessageRefused(UsagelineError):
    """A message is not used; the text is the reason."""


class Message(NamedTuple):
    """A reading, and when it was observed by the server's clock, in milliseconds."""

    reading: Reading
    at_ms: int


def account_id(key: bytes, account: str) -> str:
    """Return the name of the account on the server, which only the owners of the key can tell."""
    return _hmac(key, b"account", account.encode())[:ACCOUNT_CHARS]


def seal(key: bytes, account: str, message: Message) -> bytes:
    """Return the signed message. Raise MessageRefused if it is too long."""
    body = json.dumps(
        {
            "version": VERSION,
            "at_ms": message.at_ms,
            "reading": codec.as_json(_bare(message.reading, message.at_ms)),
        },
        separators=(",", ":"),
        allow_nan=False,
    ).encode()
    sealed = _signature(key, account, body).encode() + b"." + body
    if len(sealed) > MAX_BYTES:
        raise MessageRefused("the reading is too long to share")
    return sealed


# tried by: tests/sources
def unseal(key: bytes, account: str, sealed: bytes, now_ms: int) -> Message:
    """Return the message if a machine with the key signed it for that account.

    `now_ms` is the server's time. Raise MessageRefused otherwise.
    """
    if len(sealed) > MAX_BYTES:
        raise MessageRefused("it is too long")
    signature, _, body = sealed.partition(b".")
    if not hmac.compare_digest(signature, _signature(key, account, body).encode()):
        raise MessageRefused("its signature is not that of this machine's key")
    try:
        row = mapping(json.loads(body))
    except (ValueError, RecursionError):
        raise MessageRefused("it is not JSON") from None
    if row.get("version") != VERSION:
        raise MessageRefused("another version of usageline wrote it")
    at_ms = integer(row.get("at_ms"), 1, LATEST * 1000)
    reading = codec.from_json(row.get("reading"))
    if at_ms is None or reading is None:
        raise MessageRefused("it has no valid reading")
    if at_ms > now_ms + MAX_CLOCK_STEP_MS:
        raise MessageRefused("it is from the future")
    return Message(_bare(reading, at_ms), at_ms)


def _bare(reading: Reading, at_ms: int) -> Reading:
    """Return the reading as the service had it, without what this machine added.

    Each machine has forecasts of its own. Its clock, and that of the service, are not shared.
    """
    limits = tuple(
        Limit(limit.kind, limit.label, limit.percent, limit.resets_at, limit.severity)
        for limit in reading.limits
    )
    return replace(
        reading, limits=limits, source=SHARED, observed_at=at_ms // 1000, clock_ahead_s=None
    )


def _signature(key: bytes, account: str, body: bytes) -> str:
    return _hmac(key, b"reading", b"%d\n%s\n%s" % (VERSION, account.encode(), body))


def _hmac(key: bytes, purpose: bytes, content: bytes) -> str:
    return hmac.new(key, b"usageline " + purpose + b"\n" + content, hashlib.sha256).hexdigest()
