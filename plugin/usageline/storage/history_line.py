"""Convert a reading to one line of compact JSON, and back.

    {"at":1795464000,"by":"oauth","plan":"Max 5x",
     "limits":[[kind, label, percent, resets_at, severity, lowered],…],"credits":[[…],…]}

A limit's trailing values are left out if they are empty; a credit has the fields of `Credit` in
their order. Further values are of a later version and are ignored. Forecasts are not kept. Each
line begins with its time in ten digits, so that skipping older lines is cheap. What is read back is
not trusted.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any, TypeVar

from usageline.storage.codec import CREDIT, LIMIT
from usageline.usage.model import Credit, Limit, Reading
from usageline.usage.values import EARLIEST, LATEST, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from usageline.storage.codec import Codec

    Parsed = tuple[tuple[Limit, ...], tuple[Credit, ...], str, str | None]

T = TypeVar("T")

MAX_LINE_BYTES = 64 << 10
"""A longer line is not from usageline."""

LIMIT_FIELDS = ("kind", "label", "percent", "resets_at", "severity", "lowered")
MIN_LIMIT_VALUES = 4
"""Values of a limit that are always written."""

MIN_CREDIT_VALUES = 6
"""Values of a credit that every version writes."""

CREDIT_FIELDS = tuple(field.name for field in fields(Credit) if field.name != "terms")
"""All but the terms, a sentence that stays the same."""

_START = b'{"at":'
_DIGITS = slice(len(_START), len(_START) + 10)
_REST = _DIGITS.stop + 1
_BROKEN = (ValueError, TypeError, KeyError, RecursionError)
"""What an invalid line was seen to raise."""


def encode(reading: Reading) -> bytes:
    """Return the line, without its newline."""
    values = {
        "by": reading.source,
        "plan": reading.plan,
        "limits": [_limit_row(limit) for limit in reading.limits],
        "credits": [_credit_row(credit) for credit in reading.credits],
    }
    return b"%s%010d,%s" % (
        _START,
        reading.observed_at,
        json.dumps(values, separators=(",", ":"), allow_nan=False)[1:].encode(),
    )


def decode(
    lines: Iterable[bytes], since: float = EARLIEST, until: float = LATEST
) -> Iterator[Reading]:
    """Yield the readings in `lines` from `since` to `until` (epoch seconds), in their order.

    Skip every line that `encode` did not write.
    """
    # Between two refreshes little changes: parse what a line repeats only once.
    parsed_lines: dict[bytes, Parsed] = {}
    limits: dict[tuple[Any, ...], Limit] = {}
    first = b"%010d" % math.ceil(min(max(EARLIEST, since), LATEST))
    last = b"%010d" % min(until, LATEST)
    for line in lines:
        digits = line[_DIGITS]
        if not (
            first <= digits <= last
            and digits.isdigit()
            and line.startswith(_START)
            and len(line) <= MAX_LINE_BYTES
        ):
            continue
        rest = line[_REST:]
        parsed = parsed_lines.get(rest)
        if parsed is None:
            try:
                parsed = parsed_lines[rest] = _parse(line, limits)
            except _BROKEN:
                continue
        rows, credits, source, plan = parsed  # noqa: A001 - the glossary's word
        yield Reading(rows, credits, source, int(digits), plan)


def _parse(line: bytes, limits: dict[tuple[Any, ...], Limit]) -> Parsed:
    value = json.loads(line.decode("ascii"))
    source = text(value["by"])
    rows, meters = value["limits"], value["credits"]
    if source is None or not isinstance(rows, list) or not isinstance(meters, list):
        raise TypeError("not a reading")
    return (
        tuple([_limit(row, limits) for row in rows]),
        tuple([_decoded(CREDIT, CREDIT_FIELDS, _values(row, MIN_CREDIT_VALUES)) for row in meters]),
        source,
        text(value["plan"]),
    )


def _limit_row(limit: Limit) -> list[object]:
    row: list[object] = [getattr(limit, name) for name in LIMIT_FIELDS]
    if limit.percent is not None and limit.percent == int(limit.percent):
        row[2] = int(limit.percent)  # 37 is shorter than 37.0
    while not row[-1] and len(row) > MIN_LIMIT_VALUES:
        row.pop()
    return row


def _credit_row(credit: Credit) -> tuple[object, ...]:
    row = astuple(credit)[: len(CREDIT_FIELDS)]
    return row if row[-1] else row[:-1]


def _limit(row: object, limits: dict[tuple[Any, ...], Limit]) -> Limit:
    key = _values(row, MIN_LIMIT_VALUES)
    limit = limits.get(key)
    if limit is None:
        limit = _decoded(LIMIT, LIMIT_FIELDS, key)
        # `true` equals 1 here: only a row with the usual types may stand for another.
        if type(key[2]) in {int, float} and type(key[3]) is int:
            limits[key] = limit
    return limit


def _values(row: object, min_values: int) -> tuple[Any, ...]:
    if not isinstance(row, list) or len(row) < min_values:
        raise TypeError("not a limit or credit")
    return tuple(row)


def _decoded(codec: Codec[T], names: tuple[str, ...], values: tuple[Any, ...]) -> T:
    decoded = codec.decode(dict(zip(names, values, strict=False)))
    if decoded is None:
        raise TypeError("not a limit or credit")
    return decoded
