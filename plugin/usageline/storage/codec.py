"""Convert values to JSON and back: one table of fields for each type.

A reading in the history is one line of compact JSON:

    {"at":1795464000,"by":"oauth","plan":"Max 5x",
     "limits":[[kind, label, percent, resets_at, severity, lowered],…],"credits":[[…],…]}

A limit's trailing values are left out if they are empty; a credit has the fields of `Credit` in
their order. Further values are of a later version and are ignored. Forecasts are not kept. Each
line begins with its time in ten digits, so that skipping older lines is cheap.

What is read back is not trusted: it may be damaged, hostile or of another version.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, astuple, dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from usageline.core.windows import MAX_PERCENT
from usageline.usage.credits import MAX_TERMS
from usageline.usage.model import Credit, Limit, Reading
from usageline.usage.values import (
    EARLIEST,
    LATEST,
    MAX_AMOUNT,
    flag,
    integer,
    mapping,
    number,
    percent,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Field = Callable[[object], Any]
    Parsed = tuple[tuple[Limit, ...], tuple[Credit, ...], str, str | None]

T = TypeVar("T")

MISSING_BEFORE = frozenset({"clock_ahead_s"})
"""Fields of a reading that earlier versions did not write."""

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


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How to read one type back. `fields` checks the value of each key; None is unknown.

    A value of which one of `required` is unknown is rejected.
    """

    make: Callable[..., T]
    fields: Mapping[str, Field]
    required: tuple[str, ...]

    def decode(self, value: object) -> T | None:
        """Return the value that `asdict` turned into `value`, or None. Ignore unknown keys."""
        row = mapping(value)
        values = {name: check(row.get(name)) for name, check in self.fields.items()}
        if any(values[name] is None for name in self.required):
            return None
        return self.make(**values)

    def decode_valid(self, rows: object, max_rows: int | None = None) -> tuple[T, ...]:
        """Return the values in the first rows of a list, () if it is none. Ignore invalid rows."""
        values = map(self.decode, rows[:max_rows] if isinstance(rows, list) else ())
        return tuple(value for value in values if value is not None)

    def decode_all(self, value: object) -> tuple[T, ...] | None:
        """Return the values in a list, or None if `value` is not a list or rejects one of them."""
        if not isinstance(value, list):
            return None
        values = [decoded for row in value if (decoded := self.decode(row)) is not None]
        return tuple(values) if len(values) == len(value) else None


def epoch_s(value: object) -> int | None:
    """Return a time of the service in whole epoch seconds, or None."""
    return integer(value, EARLIEST, LATEST)


def moment(value: object) -> int | None:
    """Return a time by this machine's clock in whole epoch seconds, or None for none and for 0.

    A clock without a battery begins at 1970, so any positive time is accepted.
    """
    return int(number(value, 0, LATEST) or 0) or None


def _amount(value: object) -> int | None:
    return integer(value, -MAX_AMOUNT * 10**6, MAX_AMOUNT * 10**6)


LIMIT = Codec(
    Limit,
    {
        "kind": text,
        "label": text,
        "percent": percent,
        "resets_at": epoch_s,
        "severity": text,
        "pace": lambda value: number(value, -MAX_PERCENT, MAX_PERCENT),
        "rate": lambda value: number(value, 0, MAX_PERCENT),
        "exhausts_at": epoch_s,
        "exhausts_from": epoch_s,
        "exhausts_to": epoch_s,
        "lowered": flag,
        "chance": lambda value: number(value, 0, 1),
    },
    ("kind", "label"),
)
CREDIT = Codec(
    Credit,
    {
        "label": text,
        "used_minor": _amount,
        "limit_minor": _amount,
        "exponent": lambda value: integer(value, 0, 6),
        "currency": text,
        "percent": percent,
        "ends_at": epoch_s,
        "expires": flag,
        "enabled": flag,
        "disabled_reason": text,
        "reached": flag,
        "terms": lambda value: text(value, MAX_TERMS),
    },
    ("label", "currency", "exponent"),
)
READING = Codec(
    Reading,
    {
        "limits": LIMIT.decode_all,
        "credits": CREDIT.decode_all,
        "source": text,
        "observed_at": epoch_s,
        "plan": text,
        "clock_ahead_s": lambda value: integer(value, -LATEST, LATEST),
    },
    ("limits", "credits", "source", "observed_at"),
)


def as_json(reading: Reading) -> dict[str, Any]:
    """Return the reading as an object for `json.dumps`."""
    return asdict(reading)


def from_json(value: object) -> Reading | None:
    """Return the reading that `as_json` turned into `value`, or None if a part of it is invalid."""
    names = {field.name for field in fields(Reading)} - MISSING_BEFORE
    return READING.decode(value) if names <= mapping(value).keys() else None


def encode(reading: Reading) -> bytes:
    """Return the reading as a line of the history, without its newline."""
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
