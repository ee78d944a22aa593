"""Put names, amounts, counts and days into words for the output of `usageline org`. Pure."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from usageline.core import formatting
from usageline.core.text import sanitize
from usageline.usage.money import WITHOUT_DECIMALS
from usageline.usage.values import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.org.records import Who

UNKNOWN = "–"

MAX_NAME = 80
"""A longer name is cut: it must not widen a table or a picture without limit."""

SCOPES = {
    "organization": "the whole organization",
    "usage_tier": "the whole organization (usage tier)",
    "organization_service": "service",
    "rbac_group": "group",
    "scoped_api_key": "API key",
    "seat_tier": "seat tier",
    "service_account": "service account",
    "workspace": "workspace",
}
"""The service's words for what is not a person."""

_MODEL = re.compile(
    r"claude-(?:(?P<family>[a-z]+)-(?P<new>\d{1,2}(?:-\d{1,2})?)"
    r"|(?P<old>\d(?:-\d)?)-(?P<old_family>[a-z]+))(?:-(?:\d{8}|latest))?",
    re.ASCII,
)


def labels(subjects: Sequence[Who]) -> list[str]:
    """Return a sanitized label for each subject. Two with one name get their e-mail or id, too.

    A subject without a kind is what the heading of its column says.
    """
    plain = [_label(subject) for subject in subjects]
    ids_of_label = Counter(
        label for label, _ in dict.fromkeys(zip(plain, map(_identity, subjects), strict=True))
    )
    return [
        f"{label} ({_distinction(subject)})"
        if ids_of_label[label] > 1 and _distinction(subject)
        else label
        for label, subject in zip(plain, subjects, strict=True)
    ]


def model_name(model: str) -> str:
    """Return `Opus 5.5` for `claude-opus-5-5`, and an id of another form as it is."""
    match = _MODEL.fullmatch(model)
    if match is None:
        return _clean(model) or "unknown model"
    version = (match["new"] or match["old"]).replace("-", ".")
    return f"{(match['family'] or match['old_family']).capitalize()} {version}"


def digits(number: int | None) -> str:
    """Return a count with all its digits: `1,234`, `–` if it is unknown."""
    return UNKNOWN if number is None else f"{number:,}"


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount rounded to cents: `$1,234.50`, `<$0.01` for less, `–` if it is unknown."""
    if amount is None:
        return UNKNOWN
    exponent = 0 if currency in WITHOUT_DECIMALS else 2
    minor = int(amount.scaleb(exponent).to_integral_value(ROUND_HALF_UP))
    if not minor and amount > 0:
        return "<" + formatting.money(1, exponent, currency)
    text = formatting.money(minor, exponent, currency)
    return text if minor % 10**exponent or not exponent else f"{text}.{'0' * exponent}"


def day(moment: date, *, year: bool = False) -> str:
    """Return `24 Nov`, or `24 Nov 2026` with the year."""
    text = f"{moment.day} {formatting.MONTHS[moment.month - 1]}"
    return f"{text} {moment.year}" if year else text


def short_day(key: str) -> str:
    """Return `24 Nov` for 2026-11-24, `–` without a day."""
    try:
        return day(date.fromisoformat(key))
    except ValueError:
        return UNKNOWN


def day_name(key: str) -> str:
    """Return `Tue 24 Nov` for 2026-11-24."""
    try:
        moment = date.fromisoformat(key)
    except ValueError:
        return key
    return f"{formatting.DAYS[moment.weekday()]} {day(moment)}"


def time(at: float) -> str:
    """Return `25 Nov 04:00 UTC` for epoch seconds."""
    moment = datetime.fromtimestamp(at, timezone.utc)
    return f"{day(moment)} {moment:%H:%M} UTC"


def span(since: datetime, until: datetime) -> str:
    """Return the days until `until` (exclusive): `1 – 29 Nov 2026 (UTC)`."""
    first, last = since, until - timedelta(microseconds=1)
    if first.date() == last.date():
        days = day(first, year=True)
    elif (first.year, first.month) == (last.year, last.month):
        days = f"{first.day} – {day(last, year=True)}"
    else:
        days = f"{day(first, year=first.year != last.year)} – {day(last, year=True)}"
    return f"{days} (UTC)"


def count(number: int | None) -> str:
    """Return a count in a few characters: 950, 12k, 1.2M, 3.4B, `–` if it is unknown."""
    if number is None:
        return UNKNOWN
    if number < 999_500_000:
        return formatting.count(number)
    return f"{number / 1_000_000_000:.1f}".removesuffix(".0") + "B"


def _identity(subject: Who) -> tuple[str, str]:
    return subject.kind, subject.key or subject.email or subject.name or ""


def _label(subject: Who) -> str:
    key = _clean(subject.key)
    if subject.kind == "user":
        name = _clean(subject.name) or _clean(subject.email)
        label = name or key or "unknown person"
        is_said = not subject.deleted or "deleted" in label.lower()
        return label if is_said else f"{label} (deleted)"
    name = _clean(subject.name) or key
    if not subject.kind:
        return name or "unknown"
    kind = SCOPES.get(subject.kind, _clean(subject.kind).replace("_", " "))
    return f"{kind} {name}".strip() if name else kind or "unknown"


def _distinction(subject: Who) -> str:
    label = _label(subject)
    options = (_clean(subject.email), _clean(subject.key))
    return next((option for option in options if option and option not in label), "")


def _clean(words: str | None) -> str:
    return sanitize(text(words, MAX_NAME) or "")
