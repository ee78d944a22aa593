"""The table of `usageline org` has every fact at every width."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.org_reports import REFRESHED_AT, SINCE, days, hostile, people, report
from usageline import themes
from usageline.cli import appearance
from usageline.cli.org import table, wording
from usageline.cli.org.overview import DEFAULT_TOP, overview
from usageline.core.text import display_width, sanitize
from usageline.themes.theme import resolve
from usageline.usage.org.model import Row, Sums

if TYPE_CHECKING:
    from usageline.usage.org.model import Report

WIDTHS = (20, 40, 60, 80, 120, 160, 200)
ASCII = appearance.Appearance({"NO_COLOR": "1"}, configured={}, theme=resolve(themes.find("ascii")))


def drawn(shown: Report, width: int = 160, top: int | None = None) -> list[str]:
    """Return the lines without colors."""
    return [str(line) for line in table.render(overview(shown, top), appearance.plain(), width)]


def cells(line: str) -> list[str]:
    """Return the columns of a line."""
    return [cell for cell in line.split("  ") if cell.strip()]


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_table_fits_and_has_each_name_with_its_cost(width: int) -> None:
    lines = drawn(report(people(30)), width, top=5)
    assert max(map(display_width, lines)) <= width
    rows = [line for line in lines if "$" in line and not line.startswith(("total", "at list"))]
    assert len([line for line in rows if line.startswith(("Person", "user", "svac"))]) <= 5
    assert any(line.startswith("31 more") for line in lines)
    assert any(line.startswith("not attributed") and "$0.12" in line for line in lines)


def test_table_has_total_list_price_and_the_days_that_may_change() -> None:
    rows = [Row("user_1", Sums(Decimal("412.8"), Decimal(480)), "user", "Ana")]
    text = "\n".join(drawn(report(rows)))
    assert "1 – 29 Nov 2026 (UTC), by person, data up to 29 Nov 04:00 UTC" in text
    assert "total $412.92 after discount, $480.15 at list price" in text
    assert "days after 30 Oct may still change" in text
    (line,) = [line for line in text.split("\n") if line.startswith("Ana")]
    assert [cell.strip() for cell in cells(line)][:3] == ["Ana", "$412.80", "$480.00"]
    assert cells(line)[-1].strip() == "100%"


def test_days_that_can_no_longer_change_are_not_announced() -> None:
    old = report(people(2), until=REFRESHED_AT - timedelta(days=31))
    assert not any("may still change" in line for line in drawn(old))


@pytest.mark.parametrize(
    ("top", "shown"), [(None, DEFAULT_TOP), (1, 1), (3, 3), (36, 36), (500, 36)]
)
def test_top_shows_the_first_rows_and_counts_the_others(top: int | None, shown: int) -> None:
    whole = overview(report(people(30)), top)
    assert [len(whole.shown), len(whole.entries)] == [shown, 36]
    if shown == 36:
        assert whole.rest is None
        return
    assert whole.rest
    assert whole.rest.label == f"{36 - shown} more"
    parts = [*whole.shown, whole.rest, whole.unattributed]
    assert sum(part.cost or 0 for part in parts if part) == whole.total.cost
    assert sum(part.list_cost or 0 for part in parts if part) == whole.total.list_cost


def test_every_day_is_shown_in_order() -> None:
    lines = drawn(report(days(29), "day", unattributed=None))
    assert [line[:10].strip() for line in lines[2:31]][::28] == ["Sun 1 Nov", "Sun 29 Nov"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"adds_up": False, "total": Sums(Decimal(9), Decimal(9))}, "not to the service's total"),
        ({"is_estimate": True}, "the cost is Claude Code's own estimate, and not the invoice"),
        ({"source": "admin-reports"}, "from the older admin reports"),
        ({"remarks": ("groups overlap",)}, "groups overlap"),
    ],
)
def test_what_a_reader_must_know_stands_below(changes: dict[str, Any], sentence: str) -> None:
    assert any(sentence in line for line in drawn(report(people(3), **changes)))


def test_report_without_rows_says_so() -> None:
    lines = drawn(report([], unattributed=None))
    assert "no usage in these days" in lines
    assert not any(line.startswith("total") for line in lines)


def test_number_that_no_source_reports_is_a_dash_and_no_zero() -> None:
    rows = [
        Row("a", Sums(Decimal(3), requests=4), "user", "Ana"),
        Row("b", Sums(None), "user", "Ben"),
    ]
    ben = next(line for line in drawn(report(rows)) if line.startswith("Ben"))
    assert [cell.strip() for cell in cells(ben)] == ["Ben", "–", "–", "–"]


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (SINCE, SINCE + timedelta(days=1), "1 Nov 2026 (UTC)"),
        (SINCE, datetime(2026, 12, 2, tzinfo=timezone.utc), "1 Nov – 1 Dec 2026 (UTC)"),
        (
            datetime(2025, 12, 30, tzinfo=timezone.utc),
            datetime(2026, 1, 3, tzinfo=timezone.utc),
            "30 Dec 2025 – 2 Jan 2026 (UTC)",
        ),
    ],
)
def test_days_are_named_without_the_end_of_the_span(
    since: datetime, until: datetime, words: str
) -> None:
    assert drawn(report(people(1), since=since, until=until))[0].startswith(words)


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_texts_bring_no_control_to_the_terminal(width: int) -> None:
    for line in drawn(hostile(), width):
        assert line == sanitize(line)
        assert display_width(line) <= width


def test_terminal_without_unicode_gets_ascii() -> None:
    shown = report([*people(3), Row("e", Sums(Decimal(1)), "user", "Zoë")], currency="EUR")
    lines = [str(line) for line in table.render(overview(shown, None), ASCII, 160)]
    assert all(line.isascii() for line in lines)
    assert any("Zo?" in line and "EUR 1.00" in line for line in lines)


def test_two_people_of_one_name_get_their_addresses_and_kinds_are_named() -> None:
    labels = {row.key: label for label, row in zip(*_labeled(people(3)), strict=True)}
    assert labels["user_twin"] == "Person 1 (twin@example.com)"
    assert labels["user_00001"] == "Person 1 (p1@example.com)"
    assert labels["user_00000"] == "Person 0"
    assert labels["user_gone"] == "user_gone (deleted)"
    assert labels["svac_1"] == "service account svac_1"
    assert labels["robot_1"] == "robot actor robot_1"


def test_anonymous_report_shows_ids() -> None:
    rows = [replace(row, name=None, email=None) for row in people(3)]
    text = "\n".join(drawn(report(rows)))
    assert "user_00001" in text
    assert "@" not in text


def _labeled(rows: list[Row]) -> tuple[list[str], list[Row]]:
    return [entry.label for entry in overview(report(rows), None).entries], rows


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-5-5", "Opus 5.5"),
        ("claude-sonnet-5", "Sonnet 5"),
        ("claude-haiku-4-5-20251001", "Haiku 4.5"),
        ("claude-opus-4-20250514", "Opus 4"),
        ("claude-3-5-sonnet-20241022", "Sonnet 3.5"),
        ("claude-mythos-preview", "claude-mythos-preview"),
        ("gpt-9", "gpt-9"),
        ("", "unknown model"),
    ],
)
def test_model_has_its_short_name(model: str, name: str) -> None:
    assert wording.model_name(model) == name


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("0.004725"), "<$0.01"),
        (Decimal(0), "$0.00"),
        (Decimal("0.005"), "$0.01"),
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("-3.1"), "-$3.10"),
        (None, "–"),
    ],
)
def test_amount_is_rounded_to_cents_and_never_to_nothing(amount: Decimal | None, text: str) -> None:
    (entry,) = overview(report([Row("a", Sums(amount), "user", "A")]), None).entries
    assert overview(report([]), None).money(entry.cost) == text


@pytest.mark.slow
def test_ten_thousand_rows_are_one_line_each() -> None:
    lines = drawn(report(people(10_000)), 120, top=20_000)
    assert len(lines) == 2 + 10_006 + 3
