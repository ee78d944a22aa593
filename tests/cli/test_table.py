"""Rows of the table for unusual numbers."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from tests.line.test_service_numbers import DAY, DEC_1, HOUR, NOW, STAMP, credit, limit, snapshot
from usageline.cli import table

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def rows(snapshot: dict[str, Any]) -> list[str]:
    """Return the table's lines without bars, with single spaces."""
    target = Console(file=io.StringIO(), width=200, highlight=False, no_color=True)
    target.print(table.render_table(snapshot, STAMP, NOW, 100))
    printed = str(target.file.getvalue())  # type: ignore[attr-defined]
    return [
        " ".join(word for word in text.split() if word.strip("█▏▎▍▌▋▊▉░╎"))
        for text in printed.splitlines()
    ]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (limit("session", 101, HOUR, "S"), "S 101% resets in 1h00m, 10:00"),
        (limit("weekly_all", 99, -4200, "W"), "W 99% reset overdue since 07:50"),
        (limit("weekly_all", 100, 195 * HOUR, "W"), "W 100% resets in 8d3h, Dec 3"),
        (limit("weekly_all", None, -4200, "W"), "W – reset 07:50"),
    ],
)
def test_limit_row_has_percent_and_reset(row: dict[str, Any], text: str) -> None:
    assert rows(snapshot(row))[0] == text


def test_percentage_from_before_a_reset_is_not_shown() -> None:
    assert (
        rows(snapshot(limit("weekly_all", 99, -4200, "W"), observed_at=NOW - 5000))[0]
        == "W – reset 07:50"
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"percent": 60, "limit_minor": 5000}, "One-time credit 60% of $50"),
        ({"percent": 60, "used_minor": 3000}, "One-time credit 60% $30 spent"),
        (
            {"percent": 7.7, "ends_at": DEC_1 + 4 * DAY, "expires": True},
            "One-time credit 7% expires Dec 5",
        ),
        ({"percent": 7.7, "ends_at": DEC_1 + 4 * DAY}, "One-time credit 7% resets Dec 5"),
        (
            {"percent": 7.7, "limit_minor": 5000, "ends_at": NOW - 5400, "expires": True},
            "One-time credit 7% of $50, expired 07:30",
        ),
        ({"percent": 7.7, "ends_at": NOW - 5400}, "One-time credit 7% reset overdue since 07:30"),
        ({"label": "Usage credits", "used_minor": 100}, "Usage credits – $1 spent, no cap"),
        (
            {
                "label": "Usage credits",
                "used_minor": 100,
                "terms": "The limit is in another currency.",
            },
            "Usage credits – $1 spent",
        ),
        (
            {
                "label": "Usage credits",
                "used_minor": 1077,
                "limit_minor": 500,
                "percent": 215.4,
                "enabled": False,
                "reached": True,
            },
            "Usage credits 215% $10.77 of $5, limit reached",
        ),
        (
            {"label": "Usage credits", "used_minor": 0, "enabled": False},
            "Usage credits – $0 spent, off",
        ),
        (
            {"percent": 100, "enabled": False, "disabled_reason": "fully_used"},
            "One-time credit 100% fully used",
        ),
        (
            {
                "label": "Usage credits",
                "used_minor": 0,
                "enabled": False,
                "disabled_reason": "member_zero_credit_limit",
            },
            "Usage credits – $0 spent, off: for this account",
        ),
    ],
)
def test_credit_row_has_what_is_known(fields: dict[str, Any], text: str) -> None:
    assert rows(snapshot(credits_seen=(credit(**fields),)))[0] == text


def test_terms_are_printed_below_the_rows() -> None:
    models = [limit("weekly_scoped", number, None, f"M{number}") for number in range(30)]
    printed = rows(snapshot(*models, credits_seen=(credit(percent=5, terms="Covers Fable."),)))
    assert [text.split()[0] for text in printed[:30]] == [f"M{number}" for number in range(30)]
    assert printed[31] == "One-time credit: Covers Fable."


def test_wrong_clock_is_reported_below_the_rows() -> None:
    assert (
        "this machine's clock is 3h00m ahead"
        in rows(snapshot(limit("session", 5, HOUR), detail="this machine's clock is 3h00m ahead"))[
            -1
        ]
    )
