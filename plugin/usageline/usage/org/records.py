"""Read the parts of a record: who caused it, its day, its tokens and its money.

A record is one row of an answer, or one result in a bucket. What is missing counts as 0. What has
another type than documented raises Malformed, because money must not be lost silently.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.core.errors import UsagelineError
from usageline.usage.org.amounts import read_cents
from usageline.usage.org.model import API_KEY, FEDERATED, SERVICE_ACCOUNT, USER
from usageline.usage.values import epoch, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

MAX_TEXT = 512
MAX_COUNT = 10**18
NO_TOKENS = (0, 0, 0, 0, 0)


class Malformed(UsagelineError):
    """A part of an answer has another type than documented."""


class Who(NamedTuple):
    """What a row stands for; see `model.Row`. `id_field` is true if the key is an id."""

    key: str
    kind: str = ""
    name: str | None = None
    email: str | None = None
    deleted: bool = False
    id_field: bool = False


class Money(NamedTuple):
    """Cost in major units; `listed` is None without a list price."""

    cost: Decimal
    listed: Decimal | None
    currency: str


class Record(NamedTuple):
    """One record. `who` is None if it cannot be attributed, `day` is "" without a bucket.

    `tokens` are input, output, cache reads, and cache writes for 5 minutes and 1 hour. `requests`
    are None if the service does not report them.
    """

    day: str
    who: Who | None
    model: str | None
    money: Money | None = None
    tokens: tuple[int, int, int, int, int] = NO_TOKENS
    requests: int | None = 0


def rows(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the objects in `data`."""
    data = page.get("data")
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise Malformed("data is not a list of objects")
    return data


def text(value: object) -> str | None:
    """Return a text of bounded length, None if there is none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Malformed("a name is not a text")
    # A lone surrogate has no encoding: neither a file nor a terminal could take it.
    return value[:MAX_TEXT].encode("utf-8", "replace").decode()


def count(value: object) -> int:
    """Return a count, 0 if there is none."""
    return optional_count(value) or 0


def optional_count(value: object) -> int | None:
    """Return a count, None if there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_COUNT:
        raise Malformed("a count is not a whole number")
    return value


def money(value: object, listed: object, currency: object) -> Money:
    """Return an amount of cents in major units."""
    cost = read_cents(value)
    if cost is None:
        raise Malformed("an amount is not a decimal number")
    list_cost = None if listed is None else read_cents(listed)
    if listed is not None and list_cost is None:
        raise Malformed("a list amount is not a decimal number")
    code = text(currency) or "USD"
    if not (code.isascii() and code.isalpha() and len(code) == 3):
        raise Malformed("a currency is not a code of three letters")
    return Money(cost, list_cost, code.upper())


def tokens(usage: Mapping[str, Any]) -> tuple[int, int, int, int, int]:
    """Return the tokens of a usage object."""
    written = mapping(usage.get("cache_creation"))
    return (
        count(usage.get("uncached_input_tokens")),
        count(usage.get("output_tokens")),
        count(usage.get("cache_read_input_tokens")),
        count(written.get("ephemeral_5m_input_tokens")),
        count(written.get("ephemeral_1h_input_tokens")),
    )


def time(value: object) -> datetime | None:
    """Return a time in UTC, None if it is not RFC 3339 with a zone."""
    at = epoch(value) if isinstance(value, str) else None
    return None if at is None else datetime.fromtimestamp(at, timezone.utc)


def day_of(value: object) -> str:
    """Return the UTC day of a bucket's start."""
    start = time(value)
    if start is None:
        raise Malformed("the start of a bucket is not a time")
    return start.date().isoformat()


def actor(value: object) -> Who | None:
    """Return who an `actor` object names, None if it is null.

    An unknown kind of actor has the service's word as its kind, and its id as its key.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Malformed("an actor is not an object")
    kind = text(value.get("type")) or "unknown"
    if kind == "user_actor":
        return _user(value)
    if kind == "service_account_actor":
        key = text(value.get("service_account_id"))
        name = text(value.get("name"))
        return Who(key or "service account", SERVICE_ACCOUNT, name, id_field=bool(key))
    if kind == "api_actor":
        key, name = text(value.get("api_key_id")), text(value.get("api_key_name"))
        return Who(key or name or "API key", API_KEY, name, id_field=bool(key))
    if kind == "federated_actor":
        return _federated(value)
    return _unknown(kind, value)


def _user(value: Mapping[str, Any]) -> Who:
    email = text(value.get("email_address")) or text(value.get("email"))
    key, name = text(value.get("user_id")), text(value.get("name"))
    return Who(
        key or email or name or "user",
        USER,
        name,
        email,
        deleted=value.get("deleted") is True,
        id_field=bool(key),
    )


def _federated(value: Mapping[str, Any]) -> Who:
    provider = mapping(value.get("provider"))
    kind = text(provider.get("type")) or "unknown provider"
    subject = text(value.get("subject"))
    return Who(subject or " ".join([kind, *_texts(provider).values()])[:MAX_TEXT], FEDERATED)


def _unknown(kind: str, value: Mapping[str, Any]) -> Who:
    texts = _texts(value)
    ids = (one for name, one in texts.items() if name.endswith("_id"))
    key = texts.get("id") or next(ids, None)
    name, email = text(value.get("name")), texts.get("email_address") or texts.get("email")
    rest = " ".join(texts.values())
    return Who(
        text(key or email or name or rest) or kind, kind, name, text(email), id_field=bool(key)
    )


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    """Return what an object has but its type."""
    return {
        name: one
        for name, one in sorted(value.items())
        if name != "type" and isinstance(one, str) and one
    }
