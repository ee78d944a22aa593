"""Random organizations are read exactly by the command, and by the `anthropic` package alike."""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import OrgWorld
from tests.jobs.test_org_report import sums_of
from tests.jobs.test_org_sdk import sdk_key
from tests.org_command import TIMEOUT_S, command_of, run_all
from tests.org_random import Wild, wild
from tests.org_server import KEY, OrgServer, expected
from usageline.sources.org.adapter import DIMENSIONS
from usageline.sources.org.adapters import BETA
from usageline.usage.org.amounts import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.org_server import Event
    from tests.world import Release, World

COSTS = ("cost", "list_cost")
COUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "requests")
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="forks"),
    pytest.mark.timeout(TIMEOUT_S),
]


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def test_random_organizations_are_exact_and_those_of_the_sdk(
    org: OrgWorld, built_release: Release, size: Callable[[int, int], int]
) -> None:
    seeds = range(size(6, 60))
    cases = [wild(random.Random(seed)) for seed in seeds]
    counts: defaultdict[int, int] = defaultdict(int)

    def reply(_path: str, query: dict[str, list[str]]) -> None:
        del query
        number = command_of(org)
        counts[number] += 1
        org.server.organization = cases[number].organization
        cases[number].reply(counts[number])

    org.server.reply = reply
    printed = run_all(org, built_release, [(case.arguments, KEY) for case in cases])
    org.server.reply = lambda _path, _query: None
    for seed, case, one in zip(seeds, cases, printed, strict=True):
        context = f"seed {seed}: {case.arguments} {one.errors}"
        assert one.status == 0, context
        report = json.loads(one.output)
        org.server.organization = case.organization
        org.server.organization.events = assert_exact(case, report, context)
        printed_costs = {key: Decimal(sums["cost"]) for key, sums in rows_of(report).items()}
        sdk = rows_of_sdk(org, case)
        assert {**dict.fromkeys(printed_costs, Decimal(0)), **sdk} == printed_costs, context


def rows_of(report: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    """Return the rows by their keys; None is what belongs to no row."""
    rows: dict[str | None, dict[str, Any]] = {row["key"]: row for row in report["rows"]}
    if report["unattributed"] is not None:
        rows[None] = report["unattributed"]
    return rows


def assert_exact(case: Wild, report: dict[str, Any], context: str) -> list[Event]:
    """Assert that rows, rest and total are exactly those of the events. Return the events.

    After a revision, cost and usage may be of two times. Each of them must be of one time.
    """
    assert report["adds_up"] is True, context
    printed, states = rows_of(report), []
    for names in (COSTS, COUNTS):
        states.append(
            next(
                events
                for events in case.states
                if report["total"] == {**report["total"], **part(in_json(expected(events)), names)}
            )
        )
        wanted = {
            key: part(in_json(sums), names) for key, sums in sums_of(states[-1], case.by).items()
        }
        empty = part(in_json(expected([])), names)
        assert wanted == {
            key: part(sums, names)
            for key, sums in printed.items()
            if key in wanted or part(sums, names) != empty
        }, context
    if states[0]:
        assert report["currency"] == case.organization.currency, context
    return states[0]


def part(sums: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return some of the values."""
    return {name: sums[name] for name in names}


def in_json(sums: dict[str, Any]) -> dict[str, Any]:
    """Return sums as JSON has them."""
    return {
        name: plain(value) if isinstance(value, Decimal) else value for name, value in sums.items()
    }


def rows_of_sdk(org: OrgWorld, case: Wild) -> dict[str | None, Decimal]:
    """Return the cost of each row that the package reads from the same server."""
    anthropic = pytest.importorskip("anthropic")
    client = anthropic.Anthropic(api_key=f"{KEY}-0", base_url=org.server.url)
    fields = DIMENSIONS[case.by]
    costs: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for since, until in spans_of(case):
        for item in client.beta.organization.analytics.cost.list(
            starting_at=since,
            ending_at=until,
            group_by=list(fields),
            time_bucket_width="1d",
            limit=1000,
            betas=[BETA],
        ):
            if case.by == "day":
                key: str | None = item.starting_at.date().isoformat()
            elif case.by == "person":
                key = sdk_key(item.group.actor)
            else:
                key = getattr(item.group, fields[0])
            costs[key] += Decimal(item.cost.amount) / 100
    client.close()
    return dict(costs)


def spans_of(case: Wild) -> Iterator[tuple[str, str]]:
    """Yield the begins and ends of spans of at most 31 days."""
    since = case.since
    while since <= case.until:
        until = min(since + timedelta(days=31), case.until + timedelta(days=1))
        yield f"{since}T00:00:00Z", f"{until}T00:00:00Z"
        since = until
