"""Random organizations with everything that the service may report.

They have refunds, amounts of twelve decimals, and prices and counts that are null. People left,
actors and products are unknown, and days have no usage. Pages have any size, and the service may
revise its numbers between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.org_server import Event, Organization, Reply, random_events

if TYPE_CHECKING:
    import random

TODAY = date(2026, 11, 25)
FIRST_CHANGING_DAY = date(2026, 10, 26)
VIEWS = ("person", "model", "day", "product", "workspace", "group", "key", "actor-type")
NAMES = ("Zoë 漢字", "مرحبا", "👩‍👩‍👧‍👦", "a\x1b[31mb", "=1+1", "x" * 700, "")


@dataclass
class Wild:
    """An organization, what is asked of it, and its events before and after a revision."""

    organization: Organization
    by: str
    since: date
    until: date
    first: list[Event]
    settled: list[Event]
    revised_at: int

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the command."""
        days = ("--since", str(self.since), "--until", str(self.until))
        return ("org", "--json", "--by", self.by, *days)

    @property
    def states(self) -> tuple[list[Event], list[Event]]:
        """Return the events before and after the revision."""
        return self.first, self.settled

    def reply(self, requests: int) -> Reply | None:
        """Revise the numbers at a request."""
        if requests == self.revised_at and self.organization.events is not self.settled:
            self.organization.events = self.settled
            self.organization.refreshed_at = "2026-11-25T07:00:00Z"
        return None


def wild(rng: random.Random) -> Wild:
    """Return a random organization."""
    until = TODAY - timedelta(days=rng.choice([0, 0, 1, 24, 25, 33]))
    since = until - timedelta(days=rng.choice([0, 1, 7, 24, 31, 45]))
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    days = rng.sample(days, rng.randrange(1, len(days) + 1))
    before = _events(rng, days)
    settled = before
    if rng.random() < 0.3:  # days that are older do not change any more
        revised = [one for one in _events(rng, days) if one.day >= FIRST_CHANGING_DAY]
        settled = [one for one in before if one.day < FIRST_CHANGING_DAY or rng.random() < 0.5]
        settled += revised
    sizes = [rng.choice([1, 2, 7, 40, 1000]) + len(before) // 12 for _ in range(5)]
    organization = Organization(
        before, lambda number: sizes[number % 5], currency=rng.choice(["USD", "USD", "EUR", "GBP"])
    )
    by = rng.choice(VIEWS)
    return Wild(organization, by, since, until, before, settled, rng.randrange(2, 6))


def _events(rng: random.Random, days: list[date]) -> list[Event]:
    people = rng.choice([1, 3, 60])
    plain = random_events(rng, people, days, rng.randrange(1, 160))
    lacks_price, lacks_requests = rng.random() < 0.2, rng.random() < 0.2
    return [_wild(rng, one, lacks_price, lacks_requests) for one in plain]


def _wild(rng: random.Random, event: Event, lacks_price: bool, lacks_requests: bool) -> Event:
    digits = rng.choice([0, 2, 6, 12])
    amount = Decimal(rng.randrange(10**9)).scaleb(-digits)
    listed: Decimal | None = amount + Decimal(rng.randrange(10**4)).scaleb(-digits)
    group: dict[str, Any] = dict(event.group)
    if rng.random() < 0.1:  # a refund
        amount, listed = -amount, -amount
        event = replace(event, tokens=(0, 0, 0, 0, 0), requests=0)
    if rng.random() < 0.1:
        group |= {"actor": None, "actor_type": None, "product": "brand_new"}
    if group["actor"] and "name" in group["actor"] and rng.random() < 0.2:
        group["actor"] = {**group["actor"], "name": rng.choice(NAMES)}
    if lacks_price and rng.random() < 0.5:
        listed = None
    requests = None if lacks_requests and rng.random() < 0.5 else event.requests
    return replace(event, group=group, amount=amount, list_amount=listed, requests=requests)
