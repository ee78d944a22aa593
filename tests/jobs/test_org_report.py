"""An organization's report is exact, whatever the organization and its pages are like."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import START, OrgWorld
from tests.org_server import (
    Event,
    Organization,
    OrgServer,
    Reply,
    error,
    expected,
    random_events,
)
from usageline.core.errors import UsagelineError
from usageline.sources.org.client import PagesExhausted
from usageline.sources.org.errors import OrgFailure
from usageline.usage.org.model import VIEWS, Report, Sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import World

TODAY = START.date()
MONTH = [date(2026, 11, 1) + timedelta(days=number) for number in range(25)]
LONG_AGO = [date(2026, 8, 20) + timedelta(days=number) for number in range(97)]


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server that has no events yet."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def key_of(event: Event, by: str) -> str | None:
    """Return the key of the row that an event belongs to, None if there is none."""
    actor = event.group["actor"]
    if by == "day":
        return event.day.isoformat()
    if by != "person":
        field = {"workspace": "workspace_id", "group": "rbac_group_id", "key": "api_key_id"}
        name = field.get(by, by.replace("-", "_"))
        return None if event.group[name] is None else str(event.group[name])
    if actor is None:
        return None
    names = ("user_id", "service_account_id", "api_key_id", "id", "subject")
    return next((str(actor[name]) for name in names if actor.get(name)), "aws 0")


def sums_of(events: list[Event], by: str) -> dict[str | None, dict[str, Any]]:
    """Return the expected sums of each row, and under None of what belongs to none."""
    groups: dict[str | None, list[Event]] = {}
    for event in events:
        groups.setdefault(key_of(event, by), []).append(event)
    return {key: expected(group) for key, group in groups.items()}


def values(sums: Sums) -> dict[str, Any]:
    """Return the numbers of a row, without its models."""
    return {name: getattr(sums, name) for name in expected([])}


def assert_exact(report: Report, events: list[Event]) -> None:
    """Assert that each row, the rest and the total are exactly those of the events."""
    rows = sums_of(events, report.by)
    rest = rows.pop(None, None)
    assert {row.key: values(row.sums) for row in report.rows} == rows
    assert (report.unattributed and values(report.unattributed)) == rest
    assert values(report.total) == expected(events)
    assert report.adds_up


@pytest.mark.parametrize("by", VIEWS)
def test_report_is_exact_for_a_random_organization(org: OrgWorld, by: str) -> None:
    rng = random.Random(by)
    org.server.organization = Organization(
        random_events(rng, 200, MONTH, 3000), lambda _number: rng.randrange(90, 400)
    )
    report = org.load(by)
    assert_exact(report, org.server.organization.events)
    assert (report.since, report.until) == (
        START.replace(day=1, hour=0),
        START.replace(day=26, hour=0),
    )
    assert report.refreshed_at == START.replace(hour=4)


def test_cost_of_each_model_is_exact(org: OrgWorld) -> None:
    rng = random.Random(7)
    events = org.server.organization.events = random_events(rng, 5, MONTH, 300)
    row = org.load().rows[0]
    models: dict[str, Decimal] = {}
    for event in events:
        if key_of(event, "person") == row.key and event.group["model"]:
            name = event.group["model"]
            models[name] = models.get(name, Decimal(0)) + event.amount / 100
    assert row.sums.models == models
    assert [*row.sums.models.values()] == sorted(models.values(), reverse=True)


def test_report_is_exact_over_many_months(org: OrgWorld) -> None:
    rng = random.Random(3)
    events = random_events(rng, 30, LONG_AGO, 900)
    org.server.organization = Organization(events, lambda _number: rng.randrange(20, 200))
    since = LONG_AGO[0]
    assert_exact(org.load(since=since), events)
    part = [event for event in events if date(2026, 9, 15) <= event.day <= date(2026, 10, 20)]
    sent = len(org.server.requests)
    assert_exact(org.load(since=date(2026, 9, 15), until=date(2026, 10, 20)), part)
    assert len(org.server.requests) == sent, "finished days are requested once"


def test_row_of_two_names_has_the_known_one(org: OrgWorld) -> None:
    event = random_events(random.Random(1), 1, MONTH[:1], 1)[0]
    person = {"type": "user_actor", "user_id": "user_1", "deleted": False}
    named = {**person, "name": "Ana", "email_address": "ana@example.com"}
    events = [
        Event(
            event.day,
            {**event.group, "actor": one, "model": model},
            Decimal(1),
            Decimal(1),
            (1,) * 5,
            1,
        )
        for one, model in ((person, "a"), (named, "b"), (person, "c"))
    ]
    org.server.organization.events = events
    (row,) = org.load().rows
    assert (row.key, row.name, row.email, row.sums.cost) == (
        "user_1",
        "Ana",
        "ana@example.com",
        Decimal("0.03"),
    )


def test_revision_between_pages_is_read_again(org: OrgWorld) -> None:
    rng = random.Random(11)
    before = random_events(rng, 40, MONTH, 400)
    after = before[:350] + random_events(rng, 40, MONTH, 100)
    organization = org.server.organization = Organization(before, lambda _number: 60)

    def revise(_path: str, _query: dict[str, list[str]]) -> None:
        if len(org.server.requests) == 3:
            organization.events, organization.refreshed_at = after, "2026-11-25T08:00:00Z"

    org.server.reply = revise
    report = org.load()
    assert_exact(report, after)
    assert report.refreshed_at == START


def test_revision_that_refuses_the_cursor_is_read_again(org: OrgWorld) -> None:
    events = random_events(random.Random(12), 40, MONTH, 300)
    org.server.organization = Organization(events, lambda _number: 60)

    def refuse(_path: str, query: dict[str, list[str]]) -> Reply | None:
        is_third = len(org.server.requests) == 3 and "page" in query
        return Reply(400, error("invalid_request_error", "cursor")) if is_third else None

    org.server.reply = refuse
    assert_exact(org.load(), events)


def test_times_of_cost_and_usage_may_differ(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(5), 5, MONTH, 50)
    earlier = Organization(events, refreshed_at="2026-11-24T00:00:00Z")

    def usage_is_older(path: str, query: dict[str, list[str]]) -> Reply | None:
        return Reply(*earlier.answer("usage", query)) if path.endswith("/usage") else None

    org.server.reply = usage_is_older
    report = org.load()
    assert_exact(report, events)
    assert report.refreshed_at == START.replace(day=24, hour=0)
    reports = [path for path in org.server.paths() if "analytics" in path]
    assert len(reports) == 4, "nothing is read twice"


def test_report_says_that_it_does_not_add_up(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(5), 5, MONTH, 50)
    other = Organization(events[:-1])

    def total_lacks_one(path: str, query: dict[str, list[str]]) -> Reply | None:
        if "group_by[]" in query or not path.endswith("cost"):
            return None
        return Reply(*other.answer("cost", query))

    org.server.reply = total_lacks_one
    report = org.load()
    assert not report.adds_up
    assert report.total.cost == expected(events[:-1])["cost"]
    assert sum(row.sums.cost or 0 for row in report.rows) != report.total.cost


def test_requests_are_a_second_apart(org: OrgWorld) -> None:
    org.server.organization = Organization(
        random_events(random.Random(2), 30, MONTH, 200), lambda _number: 50
    )
    at: list[float] = []
    org.server.reply = lambda _path, _query: at.append(org.time.at)
    org.load()
    org.load("model")
    assert len(at) > 8
    assert all(later - earlier >= 0.999 for earlier, later in pairwise(at))


def test_report_of_the_last_hour_sends_no_request(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(2), 9, MONTH, 60)
    first = org.load()
    sent = len(org.server.requests)
    org.time.at += 3500
    assert org.load() == first
    assert len(org.server.requests) == sent
    org.time.at += 120
    assert_exact(org.load(), events)
    assert len(org.server.requests) == 2 * sent


def test_overlapping_groups_are_kept_and_explained(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(4), 9, LONG_AGO, 80)
    whole = Organization([*events, *events])

    def twice(path: str, query: dict[str, list[str]]) -> Reply | None:
        if "group_by[]" not in query or "rbac_groups" in path:
            return None
        return Reply(*whole.answer(path.rpartition("/")[2], query))

    org.server.reply = twice
    report = org.load("group", since=LONG_AGO[0], until=date(2026, 10, 20))
    assert not report.adds_up
    assert "overlap" in report.remarks[-1]
    assert (
        report.total.cost
        == expected([one for one in events if one.day <= date(2026, 10, 20)])["cost"]
    )
    org.server.requests.clear()
    assert org.load("group", since=LONG_AGO[0], until=date(2026, 10, 20)) == report
    assert not org.server.requests


def test_only_days_that_may_change_are_requested_again(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(4), 9, LONG_AGO, 200)
    org.load(since=LONG_AGO[0])
    org.server.requests.clear()
    org.time.at += 3 * 86400
    assert_exact(org.load(since=LONG_AGO[0]), events)
    paths = [request.path for request in org.server.requests]
    asked = [path.partition("starting_at=")[2][:10] for path in paths if "starting_at" in path]
    assert min(asked) == "2026-10-26", "three more days have become final"


def test_kept_files_are_private_and_have_no_key(org: OrgWorld) -> None:
    org.server.organization.events = random_events(random.Random(4), 9, LONG_AGO, 100)
    org.load(since=LONG_AGO[0])
    files = org.state_files()
    assert any(path.name.startswith("days-analytics-person") for path in files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}
    assert not [path for path in files if b"canary" in path.read_bytes()]


def test_anonymous_report_has_ids_alone_and_keeps_no_address(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(4), 30, LONG_AGO, 300)
    report = org.load(since=LONG_AGO[0], is_anonymous=True)
    assert values(report.total) == expected(events)
    assert {(row.name, row.email) for row in report.rows} == {(None, None)}
    kept = b"".join(path.read_bytes() for path in org.state_files() if path.name != "salt")
    assert b"user_01" in kept
    assert b"@" not in kept
    assert b"Person" not in kept
    again = org.load(since=LONG_AGO[0], is_anonymous=True)
    assert again == report
    assert org.load(since=LONG_AGO[0]).rows[0].name != report.rows[0].name


def test_stopped_run_goes_on_from_its_last_page(org: OrgWorld) -> None:
    events = random_events(random.Random(9), 60, MONTH, 700)
    org.server.organization = Organization(events, lambda _number: 40)
    stops = 0
    while stops < 60:
        with contextlib.suppress(PagesExhausted):
            report = org.load(max_pages=2)
            break
        stops += 1
    assert stops > 3
    assert_exact(report, events)
    paths = [request.path for request in org.server.requests]
    assert len(paths) == len(set(paths)), "no page is requested twice"


def test_page_limit_counts_all_lists_of_a_run(org: OrgWorld) -> None:
    events = random_events(random.Random(9), 60, MONTH, 100)
    org.server.organization = Organization(events, lambda _number: 40)
    with pytest.raises(PagesExhausted, match=r"3 pages.*--pages, or run it again to go on"):
        org.load(max_pages=3)
    assert len(org.server.requests) == 3
    assert {path.rpartition("/")[2] for path in org.server.paths()} == {"cost"}
    assert_exact(org.load(), events)


def test_currencies_of_two_kinds_are_one_sentence(org: OrgWorld) -> None:
    euros = Organization(random_events(random.Random(1), 3, LONG_AGO, 20), currency="EUR")
    org.server.organization.events = random_events(random.Random(2), 3, MONTH, 20)
    org.server.reply = lambda path, query: (
        Reply(*euros.answer(path.rpartition("/")[2], query))
        if "analytics" in path and query["starting_at"][0] < "2026-10-01"
        else None
    )
    with pytest.raises(OrgFailure, match=r"amounts are in EUR and in USD.*--since"):
        org.load(since=LONG_AGO[0])


@pytest.mark.parametrize("is_total", [True, False])
def test_currencies_of_one_page_are_the_same_sentence(org: OrgWorld, is_total: bool) -> None:
    org.server.organization.events = random_events(random.Random(2), 3, MONTH, 20)

    def reply(path: str, query: dict[str, list[str]]) -> Reply | None:
        if not path.endswith("cost") or ("group_by[]" in query) is is_total:
            return None
        status, body = org.server.organization.answer("cost", query)
        body = json.loads(json.dumps(body))
        body["data"][-1]["cost"]["currency"] = "EUR"
        return Reply(status, body)

    org.server.reply = reply
    with pytest.raises(OrgFailure, match=r"amounts are in .*EUR.*--since"):
        org.load()


def test_expired_cursor_begins_anew(org: OrgWorld) -> None:
    events = random_events(random.Random(9), 60, MONTH, 300)
    org.server.organization = Organization(events, lambda _number: 40)
    with pytest.raises(PagesExhausted, match="--pages"):
        org.load(max_pages=2)
    fourth = len(org.server.requests) + 1

    def expire(_path: str, _query: dict[str, list[str]]) -> Reply | None:
        is_next = len(org.server.requests) == fourth
        return Reply(400, error("invalid_request_error", "cursor")) if is_next else None

    org.server.reply = expire
    assert_exact(org.load(), events)


def test_pages_of_an_hour_ago_are_not_continued(org: OrgWorld) -> None:
    events = random_events(random.Random(9), 60, MONTH, 300)
    org.server.organization = Organization(events, lambda _number: 40)
    with pytest.raises(PagesExhausted):
        org.load(max_pages=2)
    org.time.at += 3700
    org.server.organization.events = events[:200]
    assert_exact(org.load(), events[:200])


def test_another_key_shares_nothing(org: OrgWorld) -> None:
    org.server.organization.events = random_events(random.Random(1), 9, MONTH, 60)
    org.load()
    other = org.server.organization.events = random_events(random.Random(2), 9, MONTH, 60)
    org.write_key("sk-ant-admin01-another-organization")
    assert_exact(org.load(), other)


def damage(rng: random.Random, content: bytes) -> bytes:
    """Return the content of a file after an accident, or with values of other types."""
    choice = rng.randrange(3)
    if choice == 0:
        return content[: rng.randrange(len(content))]
    if choice == 1:
        return rng.choice([b"", b"[]", b'{"version":1}', b"\xff\xfe", b"[" * 100_000])
    body = json.loads(content.splitlines()[0])
    name = rng.choice([*body])
    body[name] = rng.choice([None, [], {"entries": [1]}, {"2026-08-20": 3}, {"rows": {}}])
    return json.dumps(body).encode()


def test_damaged_files_cost_requests_alone(org: OrgWorld) -> None:
    rng = random.Random(21)
    events = org.server.organization.events = random_events(rng, 5, LONG_AGO, 60)
    org.load(since=LONG_AGO[0])
    for _ in range(8):
        path = rng.choice([path for path in org.state_files() if path.suffix.startswith(".json")])
        path.write_bytes(damage(rng, path.read_bytes()))
        assert_exact(org.load(since=LONG_AGO[0]), events)


def test_workspaces_have_their_names(org: OrgWorld) -> None:
    org.server.organization.events = random_events(random.Random(1), 5, MONTH, 40)
    pages = {
        None: {"data": [{"id": "wrkspc_1", "name": "Shop"}], "has_more": True, "last_id": "a"},
        "a": {"data": [{"id": "wrkspc_2", "name": "Lab"}], "has_more": False, "last_id": "b"},
    }

    def reply(path: str, query: dict[str, list[str]]) -> Reply | None:
        after = query.get("after_id", [None])[0]
        return Reply(200, pages[after]) if path.endswith("/workspaces") else None

    org.server.reply = reply
    assert {row.key: row.name for row in org.load("workspace").rows} == {
        "wrkspc_1": "Shop",
        "wrkspc_2": "Lab",
    }
    sent = len(org.server.requests)
    assert {row.name for row in org.load("workspace").rows} == {"Shop", "Lab"}
    assert len(org.server.requests) == sent
    assert {row.name for row in org.load("workspace", is_anonymous=True).rows} == {None}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"since": date(2025, 12, 1)}, "2026-01-01"),
        ({"since": date(2026, 11, 25), "until": date(2026, 11, 24)}, "after"),
        ({"since": date(2026, 12, 1)}, "after"),
    ],
)
def test_impossible_days_are_refused_before_a_request(
    org: OrgWorld, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsagelineError, match=words):
        org.load(**options)
    assert not org.server.requests


def test_repeated_cursor_ends_the_run(org: OrgWorld) -> None:
    body = {"data": [], "has_more": True, "next_page": "again", "data_refreshed_at": None}
    org.server.reply = lambda _path, _query: Reply(200, body)
    for requests in (2, 4):  # the next run begins anew
        with pytest.raises(OrgFailure, match="again and again"):
            org.load()
        assert len(org.server.requests) == requests


def test_state_directory_that_cannot_be_used_costs_the_cache_alone(org: OrgWorld) -> None:
    events = org.server.organization.events = random_events(random.Random(6), 5, LONG_AGO, 50)
    state = org.world.home / "state"
    state.write_text("not a directory")
    org.world.env["XDG_STATE_HOME"] = str(state)
    assert_exact(org.load(since=LONG_AGO[0]), events)
    assert_exact(org.load(since=LONG_AGO[0], is_anonymous=False), events)
    assert state.read_text() == "not a directory"


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[..., Reply]:
    """Return a server's reply with one row, changed."""
    events = random_events(random.Random(1), 1, MONTH[:1], 1)

    def reply(path: str, query: dict[str, list[str]]) -> Reply:
        kind = path.rpartition("/")[2]
        status, body = Organization(events).answer(kind, query)
        if kind == "cost":
            change(body["data"][0])
        return Reply(status, body)

    return reply


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["cost"].update(amount="NaN"),
        lambda row: row["cost"].update(amount="1e99"),
        lambda row: row["cost"].update(amount=None),
        lambda row: row["cost"].update(amount="١٢"),
        lambda row: row["cost"].update(currency="dollars"),
        lambda row: row.update(cost=None),
        lambda row: row["group"].update(actor="ana"),
        lambda row: row["group"].update(model=7),
    ],
)
def test_answer_that_cannot_be_read_is_refused_and_not_counted_as_zero(
    org: OrgWorld, change: Callable[[dict[str, Any]], object]
) -> None:
    org.server.reply = edited(change)
    with pytest.raises(OrgFailure, match="cannot be read"):
        org.load()
