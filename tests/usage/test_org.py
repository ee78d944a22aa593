"""Amounts, days and sums of an organization's report, without files and network."""

from __future__ import annotations

import ast
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import REPOSITORY
from usageline.usage.org import amounts, merge, records, spans
from usageline.usage.org.merge import Entry, Ledger, add_remainder, anonymous, with_sums
from usageline.usage.org.model import FEDERATED, USER, Report
from usageline.usage.org.records import Malformed, Money, Record, Who

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = REPOSITORY / "plugin" / "usageline"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=timezone.utc)
SALT = b"0" * 32
PURE = ("amounts", "merge", "model", "records", "spans")


@pytest.mark.parametrize(
    ("cents", "dollars"),
    [
        ("41280.000000", "412.800000"),
        ("41280", "412.800000"),
        ("12.345678", "0.12345678"),
        ("0", "0.000000"),
        ("-0.000000", "0.000000"),
        ("-150", "-1.500000"),
        ("0.000001", "0.00000001"),
        ("1E+2", "1.000000"),
        ("99999999999999999999999.999999", "999999999999999999999.99999999"),
        (1889, "18.890000"),
        (Decimal("12.5"), "0.125000"),
    ],
)
def test_cents_become_exact_dollars(cents: object, dollars: str) -> None:
    amount = amounts.read_cents(cents)
    assert amount is not None
    assert amounts.plain(amount) == dollars


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "NaN",
        "Infinity",
        "1e99",
        "1_000",
        "0x10",
        "٣",
        "1" * 80,
        12.5,
        True,
        None,
        [],
        10**40,
    ],
)
def test_what_is_no_decimal_number_is_no_amount(value: object) -> None:
    assert amounts.read_cents(value) is None


@given(st.lists(st.decimals(-(10**15), 10**15, places=6), max_size=30))
@settings(max_examples=60)
def test_sums_are_exact_in_any_order(values: list[Decimal]) -> None:
    texts = [f"{value:f}" for value in values]
    orders = (texts, texts[::-1], sorted(texts))
    sums = set()
    for order in orders:
        total = Decimal(0)
        for text in order:
            amount = amounts.read_cents(text)
            assert amount is not None
            total = amounts.add(total, amount)
        sums.add(amounts.plain(total))
    micro = sum(int(value.scaleb(6)) for value in values)
    assert sums == {amounts.plain(Decimal(micro).scaleb(-8))}


def test_money_is_nowhere_a_float() -> None:
    modules = [
        *(PACKAGE / "usage" / "org" / f"{name}.py" for name in PURE),
        PACKAGE / "storage" / "org_codec.py",
        *(PACKAGE / "sources" / "org" / name for name in ("adapter.py", "adapters.py")),
        PACKAGE / "cli" / "org" / "export.py",
    ]
    assert [path.name for path in modules if any(_floats(path))] == []


def _floats(path: Path) -> Iterator[ast.AST]:
    for node in ast.walk(ast.parse(path.read_text())):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_division = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        if is_literal or is_division or (isinstance(node, ast.Name) and node.id == "float"):
            yield node


days = st.dates(date(2026, 1, 1), date(2026, 11, 25))


@given(days, days, st.sets(days, max_size=40))
@settings(max_examples=80)
def test_spans_have_each_day_once(first: date, last: date, cached: set[date]) -> None:
    since, until = min(first, last), max(first, last) + spans.DAY
    planned = spans.plan(since, until, NOW, cached)
    planned_days = [day for span in planned for day in span.days()]
    changing = spans.first_changing_day(NOW)
    every = spans.Span(since, until).days()
    wanted = [day for day in every if day >= changing or day not in cached]
    assert planned_days == wanted
    for span in planned:
        assert 0 < len(span.days()) <= spans.MAX_DAYS
        assert span.is_final == (span.until <= changing)
    assert all(one.until <= other.since for one, other in pairwise(planned))


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        (None, None, "2026-11-01", "2026-11-25"),
        (date(2026, 10, 5), None, "2026-10-05", "2026-11-25"),
        (None, date(2026, 10, 5), "2026-10-01", "2026-10-05"),
        (None, date(2027, 1, 5), "2026-11-01", "2026-11-25"),
        (date(2026, 1, 1), date(2026, 1, 1), "2026-01-01", "2026-01-01"),
    ],
)
def test_days_of_the_options(since: date | None, until: date | None, first: str, last: str) -> None:
    span = spans.in_range(since, until, NOW)
    assert (str(span.since), str(span.until - spans.DAY)) == (first, last)


def test_days_of_a_month_that_is_partly_too_old_begin_later() -> None:
    now = datetime(2027, 5, 20, 8, 0, tzinfo=timezone.utc)
    span = spans.in_range(None, date(2026, 5, 28), now)
    assert span.since == date(2026, 5, 21)


def test_day_is_final_thirty_days_after_its_end() -> None:
    changing = spans.first_changing_day(NOW)
    assert changing == date(2026, 10, 26)
    assert NOW - spans.midnight(changing) >= timedelta(days=30)
    assert NOW - spans.midnight(changing + spans.DAY) < timedelta(days=30)


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-11-25T04:00:00Z", "2026-11-25T04:00:00Z"),
        ("2026-11-25T04:00:00.123456Z", "2026-11-25T04:00:00Z"),
        ("2026-11-25T04:00:00+02:00", "2026-11-25T02:00:00Z"),
        ("2026-11-25T04:00:00-02:30", "2026-11-25T06:30:00Z"),
        ("2026-11-25", None),
        ("2026-13-25T04:00:00Z", None),
        ("0001-01-01T00:00:00+23:00", None),
        (7, None),
        (None, None),
    ],
)
def test_time_of_the_service(text: object, stamp: str | None) -> None:
    at = records.time(text)
    assert (at and spans.stamp(at)) == stamp


@pytest.mark.parametrize(
    ("actor", "key", "kind"),
    [
        ({"type": "user_actor", "user_id": "u", "name": None}, "u", USER),
        ({"type": "user_actor", "email": "a@example.com"}, "a@example.com", USER),
        ({"type": "federated_actor", "provider": {"type": "oidc"}, "subject": "s"}, "s", FEDERATED),
        (
            {"type": "federated_actor", "provider": {"type": "azure", "subscription_id": "1"}},
            "azure 1",
            FEDERATED,
        ),
        ({"type": "federated_actor"}, "unknown provider", FEDERATED),
        ({"type": "robot_actor", "robot_id": "r2"}, "r2", "robot_actor"),
        ({"type": "robot_actor"}, "robot_actor", "robot_actor"),
        ({}, "unknown", "unknown"),
    ],
)
def test_actor_is_named_by_what_it_has(actor: dict[str, object], key: str, kind: str) -> None:
    who = records.actor(actor)
    assert who is not None
    assert (who.key, who.kind) == (key, kind)


@pytest.mark.parametrize("actor", ["ana", 7, [], {"type": 7}, {"type": "user_actor", "user_id": 7}])
def test_actor_of_another_type_is_malformed(actor: object) -> None:
    with pytest.raises(Malformed):
        records.actor(actor)


def record(key: str | None, cents: str, currency: str = "USD") -> Record:
    """Return a record of one row."""
    amount = amounts.read_cents(cents)
    assert amount is not None
    return Record("", None if key is None else Who(key, USER), "m", Money(amount, amount, currency))


def ledger(*rows: Record) -> Ledger:
    """Return the sums of records."""
    result = Ledger()
    for row in rows:
        result.add_record(row)
    return result


def test_two_currencies_are_not_added_up() -> None:
    with pytest.raises(Malformed, match="in USD and in EUR"):
        ledger(record("a", "1"), record("a", "1", "EUR"))


def test_rest_of_the_total_belongs_to_no_row() -> None:
    rows, total = ledger(record("a", "100")), ledger(record(None, "150"))
    add_remainder(rows, total)
    report = with_sums(Report("person", NOW, NOW), rows, total)
    assert report.unattributed is not None
    assert (report.unattributed.cost, report.adds_up) == (Decimal("0.5"), True)


def test_rows_that_exceed_the_total_do_not_add_up() -> None:
    rows, total = ledger(record("a", "100")), ledger(record(None, "99"))
    add_remainder(rows, total)
    report = with_sums(Report("group", NOW, NOW), rows, total)
    assert (report.unattributed, report.adds_up) == (None, False)
    assert report.remarks == (merge.OVERLAP,)


def test_same_id_of_two_kinds_is_two_rows() -> None:
    rows = ledger(record("x", "1"))
    rows.add_entry("", Entry(Who("x", "key"), Decimal(2)))
    report = with_sums(Report("person", NOW, NOW), rows, rows)
    assert [(row.key, row.kind) for row in report.rows] == [("x", "key"), ("x", USER)]


@pytest.mark.parametrize(
    ("who", "stays"),
    [
        (Who("user_1", USER, "Ana", "ana@example.com", id_field=True), True),
        (Who("ana@example.com", USER, None, "ana@example.com"), False),
        (Who("arn:aws:iam::0:role/ana", FEDERATED), False),
        (Who("ana@example.com", "robot", id_field=True), False),
    ],
)
def test_anonymous_row_has_an_id_or_a_digest(who: Who, stays: bool) -> None:
    hidden = anonymous(who, SALT)
    assert (hidden.name, hidden.email) == (None, None)
    assert (hidden.key == who.key) is stays
    assert "ana" not in hidden.key
    assert anonymous(who, SALT) == hidden
    assert stays or anonymous(who, b"1" * 32) != hidden
