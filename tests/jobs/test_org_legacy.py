"""Organizations without the newer endpoints get the older reports, which are remembered."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import OrgWorld
from tests.org_server import BASE, Event, OrgServer, Reply, error, expected, random_events
from usageline.jobs import org_check
from usageline.sources.org.errors import OrgFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

MONTH = [date(2026, 11, 1) + timedelta(days=number) for number in range(25)]
SCOPED_KEY = "sk-ant-api01-canary-0123456789abcdef"
NOT_FOUND = Reply(404, error("not_found_error", "x"))
HIPAA = Reply(400, error("invalid_request_error", "x"))


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world whose server has random events, and older reports alone."""
    server = OrgServer()
    server.organization.events = random_events(random.Random(41), 20, MONTH, 250)
    server.reply = lambda path, query: legacy(server.organization.events, path, query)
    yield OrgWorld(world, server)
    server.close()


def legacy(events: list[Event], path: str, query: dict[str, list[str]]) -> Reply:
    """Return the answer of an older report, or that there is none."""
    name = path.removeprefix(BASE)
    if name in {"/analytics/cost", "/analytics/usage"}:
        return HIPAA
    if name in {"/analytics/user_cost_report", "/analytics/user_usage_report"}:
        people = [one for one in events if is_user(one)]
        return Reply(200, {"data": [{"actor": one.group["actor"], **flat(one)} for one in people]})
    if name in {"/analytics/cost_report", "/analytics/usage_report"}:
        since, until = (query[edge][0][:10] for edge in ("starting_at", "ending_at"))
        days = [day for day in MONTH if since <= day.isoformat() < until]
        fields = query.get("group_by[]", [])
        return Reply(200, {"data": [bucket(events, day, fields) for day in days]})
    return NOT_FOUND


def bucket(events: list[Event], day: date, fields: list[str]) -> dict[str, Any]:
    """Return one day's results."""
    parts = [
        {**flat(one), **{field: one.group[field] for field in fields}}
        for one in events
        if one.day == day
    ]
    return {"starting_at": f"{day}T00:00:00Z", "results": parts}


def flat(event: Event) -> dict[str, Any]:
    """Return the values of an event as the older reports have them."""
    fresh, output, read, short, long = event.tokens
    return {
        "model": event.group["model"],
        "amount": f"{event.amount:.6f}",
        "list_amount": f"{event.list_amount:.6f}",
        "currency": "USD",
        "uncached_input_tokens": fresh,
        "output_tokens": output,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "requests": event.requests,
    }


def is_user(event: Event) -> bool:
    """Return whether a person caused the event."""
    return (event.group["actor"] or {}).get("type") == "user_actor"


def test_what_belongs_to_no_person_is_the_rest_of_the_total(org: OrgWorld) -> None:
    org.write_key(SCOPED_KEY)
    events = org.server.organization.events
    report = org.load()
    people = [one for one in events if is_user(one)]
    others = [one for one in events if not is_user(one)]
    assert report.source == "enterprise-reports"
    assert sum((row.sums.cost or 0 for row in report.rows), Decimal(0)) == expected(people)["cost"]
    assert report.unattributed is not None
    assert report.unattributed.cost == expected(others)["cost"]
    assert report.unattributed.requests == expected(others)["requests"]
    assert report.total.cost == expected(events)["cost"]
    assert report.adds_up


@pytest.mark.parametrize("by", ["model", "product", "group", "day"])
def test_older_reports_in_buckets_are_exact(org: OrgWorld, by: str) -> None:
    org.write_key(SCOPED_KEY)
    events = org.server.organization.events
    report = org.load(by)
    assert report.total.cost == expected(events)["cost"]
    rest = report.unattributed.cost if report.unattributed else None
    whole = sum((row.sums.cost or 0 for row in report.rows), rest or Decimal(0))
    assert whole == report.total.cost
    assert report.adds_up


def test_choice_is_remembered_for_a_week(org: OrgWorld) -> None:
    org.write_key(SCOPED_KEY)
    org.load()
    org.server.requests.clear()
    org.time.at += 2 * 86400
    org.load()
    assert "/analytics/cost" not in org.server.paths()
    org.time.at += 6 * 86400
    org.load()
    assert "/analytics/cost" in org.server.paths()


def test_report_that_no_older_endpoint_has_names_those_there_are(org: OrgWorld) -> None:
    org.write_key(SCOPED_KEY)
    with pytest.raises(OrgFailure, match="not by key: use --by person"):
        org.load("key")


def claude_code(events: list[Event], query: dict[str, list[str]]) -> Reply:
    """Return the report of one day: amounts are numbers, and people have an address alone."""
    day = query["starting_at"][0]
    rows = [
        {
            "actor": {"type": "user_actor", "email_address": one.group["actor"]["email_address"]},
            "model_breakdown": [
                {
                    "model": one.group["model"],
                    "tokens": dict(
                        zip(
                            ("input", "output", "cache_read", "cache_creation"),
                            one.tokens,
                            strict=False,
                        )
                    ),
                    "estimated_cost": {"amount": int(one.amount), "currency": "USD"},
                }
            ],
        }
        for one in events
        if one.day.isoformat() == day and is_user(one) and one.group["actor"]["email_address"]
    ]
    return Reply(200, {"data": rows, "has_more": False, "next_page": None})


def test_admin_key_gets_claude_codes_estimates_by_day(org: OrgWorld) -> None:
    events = org.server.organization.events

    def reply(path: str, query: dict[str, list[str]]) -> Reply:
        is_it = path.endswith("usage_report/claude_code")
        return claude_code(events, query) if is_it else NOT_FOUND

    org.server.reply = reply
    report = org.load()
    people = [one for one in events if is_user(one) and one.group["actor"]["email_address"]]
    assert (report.source, report.is_estimate) == ("admin-reports", True)
    assert report.total.cost == sum(int(one.amount) for one in people) / Decimal(100)
    assert (report.total.list_cost, report.total.requests) == (None, None)
    assert report.adds_up
    assert "sign in by subscription" in report.remarks[0]
    assert {row.email for row in report.rows} == {
        one.group["actor"]["email_address"] for one in people
    }
    hidden = org.load(is_anonymous=True)
    assert hidden.total == report.total
    assert all(row.key.startswith("anon_") for row in hidden.rows)


def test_check_says_what_the_key_reaches_and_remembers_it(org: OrgWorld) -> None:
    org.write_key(SCOPED_KEY)
    events = org.server.organization.events

    def reply(path: str, query: dict[str, list[str]]) -> Reply | None:
        if path.endswith("/spend_limits/effective"):
            return Reply(403, error("permission_error", "x"))
        return None if path.endswith("/me") else legacy(events, path, query)

    org.server.reply = reply
    result = org_check.check(org.open())
    assert (result.kind, result.organization) == ("Enterprise key", "Synthetic Org")
    assert result.adapter == "enterprise-reports"
    reached = {one.probe.label: one.is_reached for one in result.findings}
    assert list(reached.values()) == [False, True, False, False, False, False]
    (limits,) = [one for one in result.findings if "effective" in one.probe.path]
    assert "read:spend_limits" in limits.reason
    org.server.requests.clear()
    org.load()
    assert "/analytics/cost" not in org.server.paths()


def test_check_goes_on_after_a_fault_unless_it_is_of_the_newer_reports(org: OrgWorld) -> None:
    broken = ["/telemetry_destinations"]

    def reply(path: str, _query: dict[str, list[str]]) -> Reply | None:
        if path.endswith(tuple(broken)):
            return Reply(503, error("overloaded_error", "x"))
        return None if path.endswith(("/me", "/cost")) else Reply(404, error("not_found", "x"))

    org.server.reply = reply
    result = org_check.check(org.open())
    assert result.adapter == "analytics"
    assert [one.status for one in result.findings] == [200, 404, 404, 404, 503]
    broken.append("/cost")
    with pytest.raises(OrgFailure, match="503"):
        org_check.check(org.open())


def test_check_of_a_revoked_key_reaches_nothing(org: OrgWorld) -> None:
    org.server.reply = lambda _path, _query: Reply(401, error("authentication_error", "x"))
    result = org_check.check(org.open())
    assert result.adapter == ""
    assert not any(one.is_reached for one in result.findings)
