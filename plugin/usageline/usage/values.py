"""Check single values from outside, and read times, names and amounts of money from them.

A value of another kind than expected becomes None.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.core import windows

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT = 64
MAX_DETAIL = 300
MAX_AMOUNT = 10**12
"""Minor units. A larger number is not an amount of money."""

Body = dict[str, Any]
"""A JSON object from outside."""

EARLIEST, LATEST = 1_000_000_000, 9_999_999_999
"""2001 to 2286: a number outside is not a time of a usage window."""

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?"
    r"(?:([Zz])|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
"""Those of colors and cursor (CSI), and of titles and links (OSC)."""

_START = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)

PLANS = frozenset({"claude_pro", "claude_max", "claude_team", "claude_enterprise"})
"""The account's words for a plan."""

SEATS = {"team_standard": "Team Standard", "team_tier_1": "Team Premium"}

WITHOUT_DECIMALS = frozenset({"JPY", "KRW", "VND"})
"""Currencies that Claude Code counts in whole units; it counts all others in hundredths."""

NO_CURRENCY = "XXX"
"""ISO 4217 for no currency: the service named one that cannot be read.

A guess would be a false amount.
"""

OTHER_CURRENCY = "The limit is in another currency."
UNREADABLE = "The limit cannot be read."


def number(value: object, minimum: float, maximum: float) -> float | None:
    """Return a finite number from `minimum` to `maximum`, or None. Reject booleans and text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if minimum <= value <= maximum else None  # false for NaN


def integer(value: object, minimum: int, maximum: int) -> int | None:
    """Return a whole number from `minimum` to `maximum`, or None; 3.0 counts as 3."""
    checked = number(value, minimum, maximum)
    return int(checked) if checked is not None and checked == int(checked) else None


def percent(value: object) -> float | None:
    """Return the percentage by the status line's rule (`core.windows.percent`), or None."""
    checked = windows.percent(value)
    return None if checked is None else float(checked)


def flag(value: object) -> bool:
    """Return whether the value is `true`."""
    return value is True


def whole_detail(snapshot: Mapping[str, object]) -> str:
    """Return the detail of a snapshot's status with its advice, or "". A line cuts it."""
    return text(snapshot.get("detail"), MAX_DETAIL) or ""


def text(value: object, max_length: int = MAX_TEXT) -> str | None:
    """Return one line of at most `max_length` characters, or None if no readable text is left.

    Remove escape sequences, and mark a text that was cut.
    """
    if not isinstance(value, str):
        return None
    if len(value) <= max_length and value.isprintable() and " ".join(value.split()) == value:
        return value or None  # the usual case, thirty times as fast
    plain = _ESCAPES.sub("", value[: 4 * max_length])
    printable = "".join(char if char.isprintable() else " " for char in plain)
    line = " ".join(printable.split())
    return (line if len(line) <= max_length else line[: max_length - 1].rstrip() + "…") or None


def words(name: str) -> str:
    """Return a key as words: `oauth_apps` becomes `Oauth Apps`."""
    return " ".join(part.capitalize() for part in name.split("_") if part)


def mapping(value: object) -> Body:
    """Return the JSON object itself, or an empty one if `value` is anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object, max_rows: int) -> list[Body]:
    """Return the first rows of a list as JSON objects, [] if `value` is not a list."""
    return [mapping(row) for row in value[:max_rows]] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return the text itself, "" if `value` is anything else."""
    return value if isinstance(value, str) else ""


def epoch(value: object) -> int | None:
    """Return the epoch second of ISO 8601 text with an offset or `Z`, or of a number; else None.

    A number is in seconds, or in milliseconds if it is too large for seconds.
    Round down: Claude Code cuts 21:59:59.68 to 9:59pm, and two clocks side by side must agree.
    Captured bodies have six fraction digits or none (captures u19, u21); Python 3.10's own parser
    takes three or six only.
    """
    if not isinstance(value, str):
        at = number(value, EARLIEST, LATEST * 1000)
        if at is None or LATEST < at < EARLIEST * 1000:
            return None
        return int(at if at <= LATEST else at // 1000)
    match = _ISO.fullmatch(value)
    if match is None:
        return None
    sign, hours, minutes = match[9], int(match[10] or 0), int(match[11] or 0)
    if hours > 23 or minutes > 59:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        local = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    seconds = int((local - _START) // _SECOND)
    seconds += int(offset // _SECOND) * (1 if sign == "-" else -1)
    return seconds if EARLIEST <= seconds <= LATEST else None


def plan_name(
    subscription: object, organization_type: object, seat: object, *tiers: object
) -> str | None:
    """Return `Pro`, `Max 20x`, `Team Premium`, …, or None if it is unknown.

    `subscription` is the sign-in's `subscriptionType`, `organization_type` the account's
    (`claude_max`), `seat` its `seatTier`, `tiers` the rate limit tiers, the most reliable first. A
    tier gives the size of a Max plan only: a Team seat can have a Max tier and is not Max.
    """
    plan = text(subscription) or (text(organization_type) or "").removeprefix("claude_")
    if not plan:
        return None
    if plan == "max":
        sizes = (re.search(r"max_(\d{1,3}x)", tier) for tier in tiers if isinstance(tier, str))
        return next((f"Max {size[1]}" for size in sizes if size), "Max")
    if plan == "team" and isinstance(seat, str):
        return SEATS.get(seat, "Team")
    return text(words(plan))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units, and how many of its digits are decimals."""

    minor: int
    exponent: int

    def at(self, exponent: int) -> int:
        """Return the amount with that many decimals, which is at least as many as it has."""
        return int(self.minor * 10 ** (exponent - self.exponent))


def read_money(value: object, exponent: int) -> Money | None:
    """Read `{"amount_minor": 1077, "exponent": 2}`.

    A limit may leave its exponent to the amount beside it (u16).
    """
    return minor_units(mapping(value).get("amount_minor"), mapping(value).get("exponent", exponent))


def minor_units(amount: object, exponent: object) -> Money | None:
    """Return an amount of minor units with that many decimals, None if it is invalid."""
    minor = number(amount, -MAX_AMOUNT, MAX_AMOUNT)
    decimals = 2 if exponent is None else number(exponent, 0, 6)
    if minor is None or decimals is None or decimals != int(decimals):
        return None
    return Money(nearest(minor), int(decimals))


def cents_of_dollars(value: object) -> int | None:
    """Return an amount of dollars in cents, None if it is invalid."""
    amount = number(value, -MAX_AMOUNT / 100, MAX_AMOUNT / 100)
    return None if amount is None else nearest(amount * 100)


def nearest(amount: float) -> int:
    """Round halves up, as Claude Code does; `round` would round them to the even number."""
    return math.floor(amount + 0.5)


def currency_code(value: object) -> str:
    """Return a currency's code, `NO_CURRENCY` if it cannot be read."""
    if value is None:
        return "USD"  # bodies of before April 2026 name none and count dollars (u02, u03)
    if isinstance(value, str) and value.isascii() and value.isalpha() and 3 <= len(value) <= 4:
        return value.upper()
    return NO_CURRENCY


def cap_problem(
    limit: Money | None, named: tuple[object, object], *, is_foreign: bool
) -> str | None:
    """Return why the cap that the service `named` cannot be shown, or None."""
    if limit is not None:
        return OTHER_CURRENCY if is_foreign else None
    return None if named == (None, None) else UNREADABLE


class Amounts(NamedTuple):
    """What is spent and its cap, in minor units of one currency, None if it is not known.

    `cap_problem` says why a cap cannot be used.
    """

    used: int | None
    limit: int | None
    exponent: int
    currency: str
    cap_problem: str | None


def usage_amounts(spend: Body, extra: Body) -> Amounts:
    """Return the amounts of the usage credits from their two forms, of which `extra` counts."""
    spend_used, spend_limit = mapping(spend.get("used")), mapping(spend.get("limit"))
    named = extra.get("currency") or spend_used.get("currency") or spend_limit.get("currency")
    currency = currency_code(named)
    decimals = extra.get("decimal_places")
    if decimals is None:
        decimals = 0 if currency in WITHOUT_DECIMALS else 2
    spent = read_money(spend.get("used"), decimals)
    used = minor_units(extra.get("used_credits"), decimals)
    limit = minor_units(extra.get("monthly_limit"), decimals)
    limit_currency = currency
    if used is None and spent is not None:
        used, currency = spent, currency_code(spend_used.get("currency") or named)
    if limit is None:
        limit = read_money(spend.get("limit"), spent.exponent if spent else decimals)
        limit_currency = currency_code(
            spend_limit.get("currency") or spend_used.get("currency") or named
        )
    if used is None:
        currency = limit_currency
    named_caps = extra.get("monthly_limit"), spend_limit.get("amount_minor")
    unusable = cap_problem(limit, named_caps, is_foreign=limit_currency != currency)
    limit = None if unusable else limit
    exponent = max((money.exponent for money in (used, limit) if money), default=2)
    return Amounts(
        used.at(exponent) if used else None,
        limit.at(exponent) if limit else None,
        exponent,
        currency,
        unusable,
    )
