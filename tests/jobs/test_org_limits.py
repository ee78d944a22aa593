"""Load the spend limits of every kind of organization."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import START, OrgWorld
from tests.org_server import (
    BASE,
    KEY,
    Event,
    Organization,
    OrgServer,
    Reply,
    error,
)
from usageline.core.errors import UsagelineError
from usageline.jobs import org_limits, org_settings
from usageline.sources.org.errors import OrgFailure
from usageline.usage.org.limits import KNOWN, UNREADABLE, LimitsReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import World

    Query = dict[str, list[str]]

EFFECTIVE, CONFIGURED = f"{BASE}/spend_limits/effective", f"{BASE}/spend_limits"
REQUESTS, WORKSPACES = f"{BASE}/spend_limit_increase_requests", f"{BASE}/workspaces"
SCOPED_KEY = "sk-ant-api01-canary-0123456789abcdef"
OTHER_TYPE = Reply(
    400, error("invalid_request_error", "not this type", "organization_type_not_supported")
)
FORBIDDEN = Reply(403, error("permission_error", "Missing required scopes."))


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server that has no events yet."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def member(
    number: int, amount: object = "50000", spent: object = "100.5", **changes: object
) -> dict[str, Any]:
    """Return a row of a member."""
    user = f"user_{number:03}"
    return {
        "scope": {"type": "user", "user_id": user},
        "actor": {
            "type": "user_actor",
            "user_id": user,
            "name": f"Person {number}",
            "email_address": f"p{number}@example.com",
            "deleted": False,
        },
        "amount": amount,
        "currency": "USD",
        "period": "monthly",
        "source": {"type": "organization"},
        "spend_limit_id": f"spl_{number}",
        "period_to_date_spend": spent,
        **changes,
    }


def configured(scope: dict[str, str], amount: object, **changes: object) -> dict[str, Any]:
    """Return a limit of a Console organization."""
    return {
        "type": "spend_limit",
        "id": "spl_1",
        "scope": scope,
        "amount": amount,
        "currency": "USD",
        "period": "monthly",
        "is_enabled": True,
        **changes,
    }


def asked(number: int) -> dict[str, Any]:
    """Return a pending request."""
    row = member(number)
    return {
        "type": "spend_limit_increase_request",
        "id": f"slir_{number}",
        "actor": row["actor"],
        "created_at": "2026-11-24T10:00:00Z",
        "period": "monthly",
        "status": "pending",
        "spend_summary": row,
    }


def pages(*parts: list[Any]) -> Callable[[Query], Reply]:
    """Return a reply for each page; a cursor is the number of its page."""

    def reply(query: Query) -> Reply:
        number = int(query.get("page", ["0"])[0])
        following = str(number + 1) if number + 1 < len(parts) else None
        return Reply(200, {"data": parts[number], "next_page": following})

    return reply


def serve(org: OrgWorld, **paths: Callable[[Query], Reply] | Reply | None) -> None:
    """Answer these paths, by the names of the constants above; the others are not there."""
    known = {
        EFFECTIVE: paths.get("effective"),
        CONFIGURED: paths.get("configured"),
        REQUESTS: paths.get("requests"),
        WORKSPACES: paths.get("workspaces"),
    }

    def reply(path: str, query: Query) -> Reply | None:
        answer = known.get(path)
        return answer(query) if callable(answer) else answer

    org.server.reply = reply


def load(org: OrgWorld, **options: Any) -> LimitsReport:
    """Load the limits, with a clock that does not wait."""
    return org_limits.load(org.open(**options))


def test_enterprise_has_every_page_of_members_and_the_pending_requests(org: OrgWorld) -> None:
    first = [member(1), member(1, "5000", "4900", period="daily"), member(2, None, "0")]
    serve(org, effective=pages(first, [member(3, "0", "0")]), requests=pages([asked(2)]))
    report = load(org)
    assert [(one.holder.key, one.period) for one in report.limits] == [
        ("user_001", "daily"),
        ("user_001", "monthly"),
        ("user_002", "monthly"),
        ("user_003", "monthly"),
    ]
    assert report.requests
    assert [one.holder.key for one in report.requests] == ["user_002"]
    assert report.remarks == ()
    effective, _, requests = org.server.requests
    assert effective.path.endswith("/spend_limits/effective?limit=1000")
    assert requests.path.endswith("?status[]=pending&limit=1000")
    assert org.time.sleeps == pytest.approx([1, 1], abs=0.1)
    assert org.messages[:2] == ["loading spend limits", "loading spend limits, page 2"]


def test_gateway_has_members_and_no_requests(org: OrgWorld) -> None:
    serve(org, effective=pages([member(1, "10000", "8120", groups=["contractors"])]))
    report = load(org)
    (limit,) = report.limits
    assert (limit.groups, limit.is_near, report.requests) == (("contractors",), True, None)
    assert report.remarks == ()


def event(cents: str, workspace: str | None, days_ago: int = 0) -> Event:
    """Return a cost."""
    day = START.date() - timedelta(days=days_ago)
    group = {"workspace_id": workspace, "model": "claude-opus-5-5"}
    return Event(day, group, Decimal(cents), Decimal(cents), (1, 1, 1, 1, 1), 1)


LIMITS = [
    configured({"type": "usage_tier"}, "50000000"),
    configured({"type": "workspace", "workspace_id": "wrkspc_1"}, "20000"),
    configured({"type": "workspace", "workspace_id": "wrkspc_1"}, "10000", period="daily"),
    configured({"type": "workspace", "workspace_id": "wrkspc_2"}, "100"),
]


@pytest.mark.parametrize("refusal", [OTHER_TYPE, FORBIDDEN, None])
def test_console_has_configured_limits_with_the_spending_of_the_cost_report(
    org: OrgWorld, refusal: Reply | None
) -> None:
    org.server.organization = Organization(
        [event("9000.25", "wrkspc_1", 3), event("8000", "wrkspc_1"), event("5", None)]
    )
    named = [{"id": "wrkspc_1", "name": "Claude Code"}]
    serve(org, effective=refusal, configured=pages(LIMITS), workspaces=pages(named))
    report = load(org)
    assert [
        (one.holder.kind, one.holder.name, one.period, one.spent_state, one.spent)
        for one in report.limits
    ] == [
        ("workspace", "Claude Code", "monthly", KNOWN, Decimal("170.0025")),
        ("workspace", "Claude Code", "daily", KNOWN, Decimal(80)),
        ("usage_tier", None, "monthly", KNOWN, Decimal("170.0525")),
        ("workspace", None, "monthly", KNOWN, Decimal(0)),
    ]
    (request,) = [one for one in org.server.requests if one.path.startswith(CONFIGURED + "?")]
    assert request.headers["anthropic-beta"] == "spend-limit-reads-2026-09-26"
    assert (report.requests, report.remarks) == (None, ())


def test_console_without_a_cost_report_has_limits_whose_spending_is_not_readable(
    org: OrgWorld,
) -> None:
    broken = Reply(404, error("not_found_error", "analytics are off"))
    serve(org, effective=OTHER_TYPE, configured=pages(LIMITS[:2]))
    inner = org.server.reply
    org.server.reply = lambda path, query: (
        broken if "/analytics/" in path or "report" in path else inner(path, query)
    )
    report = load(org)
    assert {one.spent_state for one in report.limits} == {UNREADABLE}
    assert [remark.split(":")[0] for remark in report.remarks] == ["the spending cannot be read"]


def test_refused_requests_are_reported_below_the_limits(org: OrgWorld) -> None:
    serve(org, effective=pages([member(1)]), requests=FORBIDDEN)
    report = load(org)
    assert (len(report.limits), report.requests) == (1, None)
    (remark,) = report.remarks
    assert remark.startswith("requests for higher limits cannot be read: ")


@pytest.mark.parametrize(
    ("key", "effective", "words"),
    [
        (KEY, Reply(401, error("authentication_error", "invalid")), ("401", "Admin keys")),
        (SCOPED_KEY, FORBIDDEN, ("403", "read:spend_limits", "primary owner")),
        (KEY, OTHER_TYPE, ("type of organization",)),
        (
            KEY,
            Reply(429, error("rate_limit_error", "x", "enforced_spend_limit_reached")),
            ("raise",),
        ),
        (KEY, Reply(200, {"data": "none"}), ("without a list of spend limits",)),
        (KEY, Reply(200, b"<html>"), ("JSON",)),
    ],
)
def test_refusal_is_one_sentence_that_says_what_to_do_without_the_key(
    org: OrgWorld, key: str, effective: Reply, words: tuple[str, ...]
) -> None:
    org.write_key(key)
    serve(org, effective=effective, configured=effective)
    with pytest.raises(UsagelineError) as refused:
        load(org)
    sentence = str(refused.value)
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence
    assert key not in sentence
    files = [path for path in org.world.files() if path != Path(org.key_file)]
    assert not any(key.encode() in path.read_bytes() for path in files)


def test_first_refusal_counts_if_neither_list_is_readable(org: OrgWorld) -> None:
    org.write_key(SCOPED_KEY)
    serve(org, effective=FORBIDDEN, configured=Reply(404, error("not_found_error", "x")))
    with pytest.raises(OrgFailure) as refused:
        load(org)
    assert refused.value.status == 403


def test_cursor_that_comes_again_ends_the_listing(org: OrgWorld) -> None:
    again = Reply(200, {"data": [member(1)], "next_page": "page_1"})
    serve(org, effective=again)
    with pytest.raises(OrgFailure, match="again and again"):
        load(org)
    assert len(org.server.requests) == 2


def test_anonymous_limits_have_ids_and_no_names(org: OrgWorld) -> None:
    by_mail = member(2, actor={"type": "user_actor", "user_id": "ben@example.com", "name": "Ben"})
    rows = [member(1), by_mail, {**by_mail, "period": "daily"}]
    serve(org, effective=pages(rows), requests=pages([asked(1)]))
    report = load(org, is_anonymous=True)
    keys = sorted(one.holder.key for one in report.limits)
    assert keys[0] == keys[1]
    assert keys[0].startswith("anon_")
    assert keys[2] == "user_001"
    assert "Person" not in repr(report)
    assert "@" not in repr(report)


def test_rate_limits_of_organization_and_workspace_are_loaded(org: OrgWorld) -> None:
    row = {"group_type": "batch", "limits": [{"type": "enqueued", "value": 5, "org_limit": 9}]}
    org.server.reply = lambda path, _query: (
        Reply(200, {"data": [row], "next_page": None}) if path.endswith("/rate_limits") else None
    )
    for workspace in (None, "wrkspc_1"):
        (limit,) = org_settings.load_rate_limits(org.open(), workspace)
        assert (limit.group, limit.value, limit.whole) == ("Batch", 5, 9)
    assert [one.path.removeprefix(BASE) for one in org.server.requests] == [
        "/rate_limits",
        "/workspaces/wrkspc_1/rate_limits?include_inherited=true",
    ]
    with pytest.raises(UsagelineError, match="takes an id"):
        org_settings.load_rate_limits(org.open(), "../me")
    assert len(org.server.requests) == 2


@pytest.mark.slow
def test_rows_are_those_of_the_sdk(org: OrgWorld) -> None:
    anthropic = pytest.importorskip("anthropic")
    rows = [
        member(number, amount, spent, period=period)
        for number, amount, spent, period in (
            (1, "50000", "47120.5", "monthly"),
            (1, "5000", "120.125", "daily"),
            (2, None, "0", "monthly"),
            (3, "0", "0", "weekly"),
        )
    ]
    serve(org, effective=pages(rows[:2], rows[2:]), requests=pages([asked(1)]))
    report = load(org)
    client = anthropic.Anthropic(api_key=KEY, base_url=org.server.url)
    limits = client.beta.organization.spend_limits
    theirs = [
        (
            *(one.actor.user_id, one.period, one.amount and Decimal(one.amount) / 100),
            *(Decimal(one.period_to_date_spend) / 100, one.source.type),
        )
        for one in limits.effective.list(limit=1000)
    ]
    requests = list(limits.increase_requests.list(status=["pending"]))
    client.close()
    assert sorted(theirs, key=repr) == sorted(
        ((one.holder.key, one.period, one.limit, one.spent, one.source) for one in report.limits),
        key=repr,
    )
    assert report.requests
    assert [one.id for one in requests] == [one.key for one in report.requests]


def test_samples_can_be_served_and_loaded(org: OrgWorld) -> None:
    official = Path(__file__).parents[3] / "shared" / "official"
    if not official.is_dir():
        pytest.skip("the sample bodies are not here")

    def sample(name: str) -> Any:
        return json.loads((official / f"{name}.json").read_text())

    def effective(query: Query) -> Reply:
        number = 2 if "page" in query else 1
        return Reply(200, sample(f"spend_limits_effective.page{number}"))

    asked_for = Reply(200, sample("spend_limit_increase_requests"))
    serve(org, effective=effective, requests=asked_for)
    report = load(org)
    assert [one.state for one in report.limits] == ["limited", "limited", "none", "plan-only"]
    assert len(report.requests or ()) == 1
