"""A reading as it lies in the store: JSON, written by us and read back as if it were not."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from usageline.core.windows import MAX_PERCENT
from usageline.usage.credits import LONGEST_TERMS
from usageline.usage.model import Credit, Limit, Reading
from usageline.usage.times import EARLIEST, LATEST
from usageline.usage.values import MOST_AMOUNT, mapping, number, percent, text

MISSING_BEFORE = frozenset({"clock_ahead_s"})
"""Fields of a reading that earlier versions did not write."""


def as_json(reading: Reading) -> dict[str, Any]:
    """The reading as an object for `json.dumps`."""
    return asdict(reading)


def from_json(value: object) -> Reading | None:
    """The reading that `as_json` gave, or None where anything in it is not what it wrote. What a later version has added is passed over."""
    row = mapping(value)
    observed_at, source = _whole(row.get("observed_at"), EARLIEST, LATEST), text(row.get("source"))
    limits, credits = (  # noqa: A001 - the glossary's word
        _rows(row.get("limits"), limit_from_json),
        _rows(row.get("credits"), credit_from_json),
    )
    if (
        not {field.name for field in fields(Reading)} - MISSING_BEFORE <= set(row)
        or observed_at is None
        or source is None
        or limits is None
        or credits is None
    ):
        return None
    return Reading(
        limits,
        credits,
        source,
        observed_at,
        text(row["plan"]),
        _whole(row.get("clock_ahead_s"), -LATEST, LATEST),
    )


def limit_from_json(row: dict[str, Any]) -> Limit | None:
    """The limit in an object as `as_json` gave it, or None where it has no name. A field that is missing counts as unknown."""
    kind, label = text(row.get("kind")), text(row.get("label"))
    if kind is None or label is None:
        return None
    return Limit(
        kind,
        label,
        percent(row.get("percent")),
        _whole(row.get("resets_at"), EARLIEST, LATEST),
        text(row.get("severity")),
        pace=number(row.get("pace"), -MAX_PERCENT, MAX_PERCENT),
        rate=number(row.get("rate"), 0, MAX_PERCENT),
        exhausts_at=_whole(row.get("exhausts_at"), EARLIEST, LATEST),
        exhausts_from=_whole(row.get("exhausts_from"), EARLIEST, LATEST),
        exhausts_to=_whole(row.get("exhausts_to"), EARLIEST, LATEST),
        lowered=row.get("lowered") is True,
        chance=number(row.get("chance"), 0, 1),
    )


def credit_from_json(row: dict[str, Any]) -> Credit | None:
    """The credit in an object as `as_json` gave it, or None where its amounts could not be told. A field that is missing counts as unknown."""
    label, currency, exponent = (
        text(row.get("label")),
        text(row.get("currency")),
        _whole(row.get("exponent"), 0, 6),
    )
    if label is None or currency is None or exponent is None:
        return None
    most = MOST_AMOUNT * 10**6
    return Credit(
        label=label,
        used_minor=_whole(row.get("used_minor"), -most, most),
        limit_minor=_whole(row.get("limit_minor"), -most, most),
        exponent=exponent,
        currency=currency,
        percent=percent(row.get("percent")),
        ends_at=_whole(row.get("ends_at"), EARLIEST, LATEST),
        expires=row.get("expires") is True,
        enabled=row.get("enabled") is True,
        disabled_reason=text(row.get("disabled_reason")),
        reached=row.get("reached") is True,
        terms=text(row.get("terms"), LONGEST_TERMS),
    )


def _rows(value: object, read: Any) -> tuple[Any, ...] | None:
    rows = tuple(read(mapping(row)) for row in value) if isinstance(value, list) else None
    return None if rows is None or None in rows else rows


def _whole(value: object, least: int, most: int) -> int | None:
    found = number(value, least, most)
    return int(found) if found is not None and found == int(found) else None
