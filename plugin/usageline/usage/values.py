"""Check single values from outside, and read times and names from them.

A value of another kind than expected becomes None.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

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
