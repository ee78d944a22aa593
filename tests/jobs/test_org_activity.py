"""The activity of people and the destinations of telemetry, from any kind of organization."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import START, OrgWorld
from tests.org_bodies import DESTINATION, coder, person, summary
from tests.org_server import BASE, OrgServer, Reply, error
from usageline.jobs import org_activity, org_settings
from usageline.sources.org.errors import OrgFailure
from usageline.usage.org.activity import BY_DAY, BY_PERSON, Activity, read_days, read_people
from usageline.usage.org.records import Malformed
from usageline.usage.org.settings import read_destinations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

YESTERDAY = START.date() - timedelta(days=1)
ANA = {"type": "user_actor", "email_address": "ana@example.com"}
FORBIDDEN = Reply(403, error("permission_error", "x"))
TOO_RECENT = Reply(400, error("invalid_request_error", "too recent"))


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def load(org: OrgWorld, by: str = BY_DAY, **options: Any) -> Activity:
    """Return the activity."""
    return org_activity.load(org.open(by=by, **options))


def queries(org: OrgWorld) -> list[str]:
    """Return the queries of the requests."""
    return [request.path.partition("?")[2] for request in org.server.requests]


def test_activity_is_of_the_last_thirty_days_that_are_over(org: OrgWorld) -> None:
    org.server.reply = lambda _path, _query: Reply(200, {"data": []})
    activity = load(org)
    assert (activity.until.date(), activity.since.date()) == (
        START.date(),
        START.date() - timedelta(days=30),
    )
    assert queries(org) == ["starting_date=2026-10-26&ending_date=2026-11-25"]


def test_days_that_are_not_there_yet_are_left_out(org: OrgWorld) -> None:
    def reply(_path: str, query: dict[str, list[str]]) -> Reply:
        is_late = query["ending_date"][0] > "2026-11-23"
        return TOO_RECENT if is_late else Reply(200, {"data": [summary("2026-11-22T00:00:00Z", 9)]})

    org.server.reply = reply
    activity = load(org, since=date(2026, 11, 20))
    assert activity.until.date() == date(2026, 11, 23)
    assert [day.day for day in activity.days] == ["2026-11-22"]
    assert len(org.server.requests) == 3


def test_days_that_were_asked_for_are_not_left_out(org: OrgWorld) -> None:
    org.server.reply = lambda path, _query: TOO_RECENT if "analytics" in path else FORBIDDEN
    with pytest.raises(OrgFailure, match="--until"):
        load(org, since=YESTERDAY, until=YESTERDAY)
    assert len(org.server.requests) == 2, "the older report was tried"


def test_console_reports_claude_code_day_by_day(org: OrgWorld) -> None:
    def reply(path: str, query: dict[str, list[str]]) -> Reply:
        if not path.endswith("claude_code"):
            return FORBIDDEN
        rows = [coder(ANA, 1), coder(ANA, 2, sessions=5)]
        return Reply(200, {"data": rows if query["starting_at"] == ["2026-11-23"] else []})

    org.server.reply = reply
    since = date(2026, 11, 22)
    activity = load(org, since=since)
    assert activity.code_alone
    assert [(day.day, day.active.daily, day.seats) for day in activity.days] == [
        ("2026-11-22", 0, None),
        ("2026-11-23", 1, None),
        ("2026-11-24", 0, None),
    ]
    (ana,) = load(org, BY_PERSON, since=since).people
    assert (ana.who.key, ana.work.sessions, ana.work.lines_added) == ("ana@example.com", 7, 70)
    (nameless,) = load(org, BY_PERSON, since=since, is_anonymous=True).people
    assert nameless.who.key.startswith("anon_")
    assert nameless.who.email is None


def test_refusal_of_both_reports_is_that_of_the_first(org: OrgWorld) -> None:
    org.write_key("sk-ant-api01-canary-0123456789abcdef")
    org.server.reply = lambda _path, _query: FORBIDDEN
    with pytest.raises(OrgFailure, match="lacks the scope read:analytics"):
        load(org)


def test_pages_of_people_are_merged_and_named(org: OrgWorld) -> None:
    def reply(path: str, query: dict[str, list[str]]) -> Reply | None:
        if path == f"{BASE}/users":
            return Reply(200, {"data": [{"id": "user_ana", "email": "x@y", "name": "Ana"}]})
        if "page" in query:
            return Reply(200, {"data": [person(2, "ana@example.com")], "next_page": None})
        return Reply(200, {"data": [person(1, "ana@example.com")], "next_page": "2"})

    org.server.reply = reply
    (ana,) = load(org, BY_PERSON).people
    assert (ana.who.key, ana.who.name, ana.who.email) == ("user_ana", "Ana", "ana@example.com")
    assert (ana.work.commits, ana.messages) == (3, {"chat": 6, "hologram": 0, "office": 2})


def test_person_who_comes_again_on_the_next_page_is_counted_once(org: OrgWorld) -> None:
    ana, ben = person(1, "ana@example.com"), person(2, "ben@example.com")
    pages = {"": {"data": [ana], "next_page": "2"}, "2": {"data": [ana, ben], "next_page": None}}
    org.server.reply = lambda path, query: (
        Reply(200, pages[query.get("page", [""])[0]]) if "analytics" in path else None
    )
    once = load(org, BY_PERSON)
    pages |= {"": {"data": [ana, ben], "next_page": None}}
    assert once.people == load(org, BY_PERSON).people


def test_unreadable_activity_is_an_error_and_not_zero(org: OrgWorld) -> None:
    row = {**summary("2026-11-22T00:00:00Z", 1), "assigned_seat_count": "many"}
    org.server.reply = lambda _path, _query: Reply(200, {"data": [row]})
    with pytest.raises(OrgFailure, match="cannot be read"):
        load(org)


def test_future_days_are_refused_before_a_request(org: OrgWorld) -> None:
    with pytest.raises(Exception, match="is not over in UTC: use an earlier --since"):
        load(org, since=START.date())
    assert not org.server.requests


@pytest.mark.parametrize(
    "change",
    [
        {"starting_at": "yesterday"},
        {"daily_active_user_count": -1},
        {"daily_active_user_count": 1.5},
        {"hologram_daily_active_user_count": True},
    ],
)
def test_summary_of_another_shape_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_days({"data": [{**summary("2026-11-22T00:00:00Z", 1), **change}]})


@pytest.mark.parametrize("change", [{"user": None}, {"chat_metrics": [], "office_metrics": 3}])
def test_person_without_a_part_is_read(change: dict[str, Any]) -> None:
    people = read_people({"data": [{**person(1, "ana@example.com"), **change}]})
    assert len(people) == (change.get("user", 1) is not None)
    for one in people:
        assert one.messages == {"hologram": 0}


def test_telemetry_destinations_are_read_from_all_pages(org: OrgWorld) -> None:
    def reply(_path: str, query: dict[str, list[str]]) -> Reply:
        return Reply(200, {"data": [DESTINATION], "next_page": None if "page" in query else "2"})

    org.server.reply = reply
    first, second = org_settings.load_destinations(org.open())
    assert first == second
    assert org.server.requests[0].headers["anthropic-beta"] == org_settings.DESTINATIONS_BETA
    assert (first.name, first.endpoint) == ("tdst_one", "https://otlp.example.org/x")
    assert first.is_failing


def test_destination_of_unknown_shape_is_a_row() -> None:
    row = {"state": 3, "traces": [], "workspaces": {"type": "galaxy"}, "endpoint_url": "https://[x"}
    (one,) = read_destinations([row, "no row"])
    assert (one.state, one.content, one.workspaces, one.endpoint) == (
        *("unknown", "unknown", "galaxy"),
        "",
    )
