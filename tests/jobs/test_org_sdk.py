"""The `anthropic` package reads the same rows from the same server."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import OrgWorld
from tests.org_server import KEY, Organization, OrgServer, random_events
from usageline.sources.org.adapter import DIMENSIONS
from usageline.sources.org.adapters import BETA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

MONTH = [date(2026, 11, 1) + timedelta(days=number) for number in range(25)]
RANGE: Any = {
    "starting_at": "2026-11-01T00:00:00Z",
    "ending_at": "2026-11-26T00:00:00Z",
    "betas": [BETA],
}


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a random organization of 200 people and pages of odd sizes."""
    rng = random.Random(31)
    events = random_events(rng, 200, MONTH, 2000)
    server = OrgServer(Organization(events, lambda number: 211 + 97 * (number % 3)))
    yield OrgWorld(world, server)
    server.close()


def sdk_key(actor: Any) -> str | None:
    """Return what the SDK's actor is identified by."""
    if actor is None:
        return None
    fields = actor.to_dict() if hasattr(actor, "to_dict") else dict(actor)
    names = ("user_id", "service_account_id", "api_key_id", "id", "subject")
    return next((str(fields[name]) for name in names if fields.get(name)), "aws 0")


@pytest.mark.parametrize("by", ["person", "product"])
def test_rows_and_totals_are_those_of_the_sdk(org: OrgWorld, by: str) -> None:
    anthropic = pytest.importorskip("anthropic")
    report = org.load(by)
    client = anthropic.Anthropic(api_key=KEY, base_url=org.server.url)
    analytics = client.beta.organization.analytics
    grouped = {**RANGE, "group_by": list(DIMENSIONS[by]), "limit": 1000}
    costs: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    tokens: defaultdict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0])
    for item in analytics.cost.list(**grouped):
        key = sdk_key(item.group.actor) if by == "person" else item.group.product
        costs[key] += Decimal(item.cost.amount) / 100
    for item in analytics.usage.list(**grouped):
        key = sdk_key(item.group.actor) if by == "person" else item.group.product
        written = item.usage.cache_creation.ephemeral_1h_input_tokens
        counts = (item.usage.output_tokens, written, item.usage.requests or 0)
        tokens[key] = [a + b for a, b in zip(tokens[key], counts, strict=True)]
    (total,) = analytics.cost.list(**RANGE)
    client.close()
    everything: dict[str | None, Any] = {row.key: row.sums for row in report.rows}
    everything[None] = report.unattributed
    assert {key: sums.cost for key, sums in everything.items()} == dict(costs)
    assert {
        key: [sums.output, sums.cache_write_1h, sums.requests] for key, sums in everything.items()
    } == dict(tokens)
    assert report.total.cost == Decimal(total.cost.amount) / 100
    assert report.adds_up
