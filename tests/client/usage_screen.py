"""Parse the client's `/usage` screen into rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import tzinfo

REFUSED = ("Couldn't load usage data", "NaN%")
"""What it shows for a body that it cannot parse."""

WORKING = ("Scanning", "Loading")
SYMBOLS = {"R$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
AMOUNT = r"(?:R\$|[$€£¥]|[A-Z]{3} )-?[\d,]+(?:\.\d+)?"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHARE = re.compile(r" *[█-▏]* *(-?\d+)% used")
OUT, OFF, UNLIMITED = "You're out of usage credits", "Usage credits are off", "Unlimited"
REACHED = "You've hit your monthly spend limit"
NO_FACT = (
    "/usage-credits to buy more",
    "/usage-credits to turn them on",
    "/usage-credits to raise it",
    "One-time credit",
)


@dataclass(frozen=True)
class Amount:
    """An amount of money in `currency`."""

    value: Decimal
    currency: str


@dataclass(frozen=True)
class Moment:
    """A time on the screen: truncated to the minute, or with `day` to the day, in its own zone."""

    at: datetime
    day: bool

    def holds(self, at: float) -> bool:
        """Return whether it can describe `at`.

        The screen truncates to the minute; usageline rounds.
        """
        if self.day:
            return datetime.fromtimestamp(at, self.at.tzinfo).date() == self.at.date()
        return abs(at - self.at.timestamp()) <= 60


@dataclass
class Row:
    """One row.

    `state` is OUT, OFF, UNLIMITED, REACHED, or "". `limit` is None for an amount without one.
    """

    label: str
    percent: int | None = None
    ends: Moment | None = None
    used: Amount | None = None
    limit: Amount | None = None
    state: str = ""
    unknown: list[str] = field(default_factory=list)


def is_done(screen: str) -> bool:
    """Return whether the screen is complete."""
    return "to close" in screen and not any(word in shown(screen) for word in WORKING)


def shown(screen: str) -> str:
    """Return the part below the session's own usage, without the last line, which names keys."""
    part = re.split(r"\n *Usage: .*\n", screen)[-1]
    return part.rpartition("\n  ←/→")[0]


def rows(screen: str, now: float, zone: str) -> list[Row]:
    """Return the screen's rows in order.

    Times without a zone are in `zone`. Other text, such as a credit's terms, is in `unknown`.
    """
    blocks = re.split(r"\n\s*\n", shown(screen))
    texts = [[line.strip() for line in block.splitlines() if line.strip()] for block in blocks]
    return [
        _row(block, now, zone)
        for block in texts
        if block and not block[0].startswith("What's contributing")
    ]


def zone_of(name: str) -> tzinfo:
    """Return a time zone by name, UTC also without a zone database."""
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def amount(text: str) -> Amount:
    """`$1,234.50`, `CHF 3`."""
    symbol = re.match(r"R\$|[$€£¥]|[A-Z]{3} ", text)
    assert symbol, text
    return Amount(
        Decimal(text[symbol.end() :].replace(",", "")), SYMBOLS.get(symbol[0], symbol[0].strip())
    )


def _row(block: list[str], now: float, zone: str) -> Row:
    row = Row(block[0])
    for line in block[1:]:
        share = SHARE.fullmatch(line)
        if share:
            row.percent = int(share[1])
            continue
        for note in line.split(" · "):
            _read(note, row, now, zone)
    return row


def _read(note: str, row: Row, now: float, zone: str) -> None:
    spent = re.fullmatch(rf"({AMOUNT})(?: (?:/|of) ({AMOUNT}))? (?:spent|used)", note)
    ends = re.fullmatch(r"(?:Resets|Expires) (.*?)(?: \(([\w/+-]+)\))?", note)
    if spent:
        row.used, row.limit = amount(spent[1]), amount(spent[2]) if spent[2] else None
    elif ends and (moment := _moment(ends[1], ends[2] or zone, now)):
        row.ends = moment
    elif note in (OUT, OFF, UNLIMITED, REACHED):
        row.state = note
    elif note not in NO_FACT:
        row.unknown.append(note)


def _moment(text: str, zone: str, now: float) -> Moment | None:
    """Parse `11:37pm`, `Nov 26, 9pm`, `Jan 5, 2027, 12am`, `Dec 1` or `December 5`.

    Without a year, return the next such time.
    """
    match = re.fullmatch(
        r"(?:([A-Z][a-z]{2})[a-z]* (\d+)(?:, (\d{4}))?)?(?:(?:, )?(\d+)(?::(\d\d))?([ap])m)?", text
    )
    if not match:
        return None
    month, day, year, hour, minute, half = match.groups()
    where = zone_of(zone)
    today = datetime.fromtimestamp(now, where).replace(hour=0, minute=0, second=0, microsecond=0)
    at = (
        today.replace(year=int(year or today.year), month=MONTHS.index(month) + 1, day=int(day))
        if month
        else today
    )
    if hour:
        at = at.replace(hour=int(hour) % 12 + (12 if half == "p" else 0), minute=int(minute or 0))
    if not month and at.timestamp() < now - 60:
        at += timedelta(days=1)
    if month and not year and at < today - timedelta(days=2):  # a reset can be overdue
        at = at.replace(year=at.year + 1)
    return Moment(at, day=hour is None)
