"""Each sample body is read to the rows that a person would read in it.

The samples are beside the repository and not in it. Those of this file have the same shapes, with
other values, and run everywhere.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.world import REPOSITORY
from usageline.sources.org.adapters import AdminReports, Analytics, EnterpriseReports
from usageline.usage.org.merge import Entry, Ledger
from usageline.usage.org.model import API_KEY, FEDERATED, SERVICE_ACCOUNT, USER
from usageline.usage.org.spans import Span

OFFICIAL = REPOSITORY.parent / "shared" / "official"
SPAN = Span(date(2026, 11, 23), date(2026, 11, 25))
ANA, BEN = "user_01SyntheticAna0000000001", "user_01SyntheticBen0000000002"
GONE, SERVICE = "user_01SyntheticGone000000003", "svac_01SyntheticCi000000001"
CI_KEY = "apikey_01SyntheticKey00000001"

Rows = dict[tuple[str, str | None], Any]
"""Expected values by day and key; the key is None for what belongs to no row."""


def read(adapter: Any, by: str, path: str, bodies: list[Any], **options: bool) -> Ledger:
    """Return the sums of the pages of one listing."""
    is_total = options.get("is_total", False)
    listings = adapter.listings(by, SPAN, daily=options.get("daily", False))
    listing = next(one for one in listings if one.path.endswith(path) and one.is_total is is_total)
    ledger = Ledger()
    for body in bodies:
        for record in listing.read(body):
            ledger.add_record(record)
    return ledger


def sample(*names: str) -> list[Any]:
    """Return sample bodies. Skip the test if they are not there."""
    if not OFFICIAL.is_dir():
        pytest.skip("the sample bodies are not here")
    texts = [(OFFICIAL / f"{name}.json").read_text() for name in names]
    return [json.loads(text, parse_float=Decimal) for text in texts]


def costs(ledger: Ledger) -> Rows:
    """Return cost and list price in dollars, as texts without zeros at the end."""
    return {key: (short(one.cost), short(one.listed)) for key, one in by_key(ledger).items()}


def tokens(ledger: Ledger) -> Rows:
    """Return the tokens and the requests."""
    return {key: (*one.tokens, one.requests) for key, one in by_key(ledger).items()}


def by_key(ledger: Ledger) -> dict[tuple[str, str | None], Entry]:
    """Return the entries by day and key."""
    return {
        (day, one.who.key if one.who else None): one for (day, _), one in ledger.entries.items()
    }


def short(amount: Decimal | None) -> str | None:
    """Return an amount without zeros at its end, None for None."""
    return None if amount is None else f"{amount.normalize():f}"


COST_OF_TWO_DAYS: Rows = {
    ("", ANA): ("39.352725", "43.72525"),
    ("", BEN): ("54.34875", "60.3875"),
    ("", SERVICE): ("26.325", "29.25"),
    ("", CI_KEY): ("2.7", "3"),
    ("", GONE): ("0.004725", "0.00525"),
    ("", None): ("0.1111111", "0.12345678"),
}
USAGE_OF_TWO_DAYS: Rows = {
    ("", ANA): (258000, 167000, 4810000, 170000, 590000, 453),
    ("", BEN): (530000, 285000, 8400000, 360000, 0, 941),
    ("", GONE): (1000, 500, 0, 0, 0, 2),
}


def test_cost_pages() -> None:
    pages = sample("analytics_cost.page1", "analytics_cost.page2")
    ledger = read(Analytics(), "person", "analytics/cost", pages)
    assert costs(ledger) == COST_OF_TWO_DAYS
    total = read(
        Analytics(), "person", "analytics/cost", sample("analytics_cost.total"), is_total=True
    )
    assert costs(total) == {("", None): ("122.8423111", "136.49145678")}
    assert ledger.total().cost == total.total().cost
    ana = by_key(ledger)["", ANA]
    assert {name: short(cost) for name, cost in ana.models.items()} == {
        "claude-opus-5-5": "37.813725",
        "claude-sonnet-5": "1.539",
    }
    kinds = {who.key: (who.kind, who.name, who.email, who.deleted) for who in people(ledger)}
    assert kinds == {
        ANA: (USER, "Ana Example", "ana@example.com", False),
        BEN: (USER, "Ben Example", "ben@example.com", False),
        GONE: (USER, "Deleted User", None, True),
        SERVICE: (SERVICE_ACCOUNT, None, None, False),
        CI_KEY: (API_KEY, None, None, False),
    }


def people(ledger: Ledger) -> list[Any]:
    """Return what the rows stand for."""
    return [entry.who for entry in ledger.entries.values() if entry.who]


def test_cost_pages_by_day() -> None:
    pages = sample("analytics_cost.page1", "analytics_cost.page2")
    ledger = read(Analytics(), "day", "analytics/cost", pages, daily=True)
    assert costs(ledger) == {
        ("2026-11-23", None): ("66.048525", "73.38725"),
        ("2026-11-24", None): ("56.7937861", "63.10420678"),
    }


def test_usage_pages() -> None:
    pages = sample("analytics_usage.page1", "analytics_usage.page2")
    rows = tokens(read(Analytics(), "person", "analytics/usage", pages))
    assert {key: rows[key] for key in USAGE_OF_TWO_DAYS} == USAGE_OF_TWO_DAYS
    assert rows.keys() == COST_OF_TWO_DAYS.keys()


def test_cost_by_type_counts_every_part() -> None:
    ledger = read(Analytics(), "model", "analytics/cost", sample("analytics_cost.by_type"))
    assert costs(ledger) == {("", "claude-sonnet-5"): ("19.0125", "19.0125")}


def test_every_kind_of_actor_is_a_row() -> None:
    ledger = read(Analytics(), "person", "analytics/usage", sample("analytics_usage.actors"))
    arn = "arn:aws:iam::000000000000:role/synthetic-ci"
    assert {(who.key, who.kind) for who in people(ledger)} == {
        (ANA, USER),
        (SERVICE, SERVICE_ACCOUNT),
        (CI_KEY, API_KEY),
        (arn, FEDERATED),
        ("x_1", "something_new_actor"),
    }
    assert set(tokens(ledger).values()) == {(120000, 84000, 2400000, 90000, 310000, 212)}
    kinds = read(Analytics(), "actor-type", "analytics/usage", sample("analytics_usage.actors"))
    assert {who.key for who in people(kinds)} >= {"user_actor", "something_new_actor"}


def test_empty_answer_has_no_rows() -> None:
    assert not read(Analytics(), "person", "analytics/cost", sample("analytics_empty")).entries


def test_enterprise_reports_of_people() -> None:
    rows = costs(
        read(
            EnterpriseReports(), "person", "user_cost_report", sample("enterprise_user_cost_report")
        )
    )
    expected = {key: COST_OF_TWO_DAYS[key] for key in (("", ANA), ("", BEN), ("", GONE))}
    assert rows == expected
    used = read(
        EnterpriseReports(), "person", "user_usage_report", sample("enterprise_user_usage_report")
    )
    assert tokens(used) == USAGE_OF_TWO_DAYS


def test_enterprise_reports_in_buckets() -> None:
    body = sample("enterprise_cost_report")
    assert costs(read(EnterpriseReports(), "product", "/cost_report", body)) == {
        ("", "claude_code"): ("122.7312", "136.368"),
        ("", None): ("0.1111111", "0.12345678"),
    }
    total = read(EnterpriseReports(), "person", "/cost_report", body, is_total=True, daily=True)
    assert costs(total) == {
        ("2026-11-23", None): ("66.048525", "73.38725"),
        ("2026-11-24", None): ("56.7937861", "63.10420678"),
    }
    usage = read(EnterpriseReports(), "model", "/usage_report", sample("enterprise_usage_report"))
    assert tokens(usage) == {("", "claude-sonnet-5"): (1120000, 305000, 3300000, 110000, 0, 1601)}


def test_claude_code_report_adds_up_the_rows_of_a_person() -> None:
    pages = sample("admin_claude_code.page1", "admin_claude_code.page2", "admin_claude_code.empty")
    ledger = read(AdminReports(), "person", "claude_code", pages)
    assert costs(ledger) == {
        ("", "ana@example.com"): ("19.04", None),
        ("", "ben@example.com"): ("11.83", None),
        ("", "synthetic-ci"): ("3", None),
    }
    assert tokens(ledger)["", "ana@example.com"] == (112000, 73900, 1920000, 340000, 0, 0)
    assert {who.kind for who in people(ledger)} == {USER, API_KEY}


def test_messages_report() -> None:
    pages = sample("admin_usage_messages.page1", "admin_usage_messages.page2")
    assert tokens(read(AdminReports(), "model", "usage_report/messages", pages)) == {
        ("", "claude-opus-5-5"): (120000, 84000, 0, 0, 0, None),
        ("", "claude-haiku-4-5"): (1500000, 300000, 0, 0, 0, None),
    }


def test_cost_report_of_the_admin_api() -> None:
    body = sample("admin_cost_report")
    assert costs(read(AdminReports(), "workspace", "/cost_report", body)) == {
        ("", "wrkspc_01SyntheticWs0000001"): ("66.048525", None),
        ("", None): ("0.052", None),
    }


def result(**fields: Any) -> dict[str, Any]:
    """Return a bucket with one result."""
    return {"data": [{"starting_at": "2026-11-23T00:00:00Z", "results": [fields]}]}


@pytest.mark.parametrize(
    ("adapter", "by", "path", "body", "expected"),
    [
        (
            AdminReports(),
            "workspace",
            "/cost_report",
            result(amount="123.45", currency="USD", workspace_id=None, model="m"),
            {("", None): ("1.2345", None)},
        ),
        (
            AdminReports(),
            "person",
            "claude_code",
            {
                "data": [
                    {
                        "actor": {"type": "user_actor", "email_address": "x@example.com"},
                        "model_breakdown": [
                            {"model": "m", "estimated_cost": {"amount": Decimal("12.5")}},
                            {"model": "n", "estimated_cost": {"amount": 1}},
                        ],
                    }
                ]
            },
            {("", "x@example.com"): ("0.135", None)},
        ),
        (
            EnterpriseReports(),
            "product",
            "/cost_report",
            {
                "data": [
                    *result(amount="1", list_amount="2", product="claude-tag")["data"],
                    *result(amount="3", list_amount="4", product="claude_tag")["data"],
                ]
            },
            {("", "claude_tag"): ("0.04", "0.06")},
        ),
        (
            EnterpriseReports(),
            "person",
            "user_cost_report",
            {
                "data": [
                    {
                        "actor": {"type": "user_actor", "user_id": "u", "email": "old@example.com"},
                        "amount": "0.000001",
                        "list_amount": None,
                    }
                ]
            },
            {("", "u"): ("0.00000001", None)},
        ),
    ],
    ids=["cents", "number", "twins", "old-email"],
)
def test_trap_of_a_report(adapter: Any, by: str, path: str, body: Any, expected: Rows) -> None:
    ledger = read(adapter, by, path, [body])
    assert costs(ledger) == expected
    for who in people(ledger):
        assert who.email in {None, "x@example.com", "old@example.com"}
