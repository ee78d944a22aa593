"""Convert values to JSON and back: one table of fields for each type.

What is read back is not trusted: it may be damaged, hostile or of another version.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
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
    from collections.abc import Callable, Mapping

    Field = Callable[[object], Any]

T = TypeVar("T")

MISSING_BEFORE = frozenset({"clock_ahead_s"})
"""Fields of a reading that earlier versions did not write."""


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
        """Return the values in a list, or None if `value` is no list or rejects one of them."""
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
