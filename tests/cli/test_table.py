"""Rows of the table for unusual numbers."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from tests.line.test_service_numbers import DAY, DEC_1, HOUR, NOW, STAMP, credit, limit, snapshot
from usageline import themes
from usageline.cli import table
from usageline.cli.appearance import Appearance
from usageline.themes.theme import resolve

pytestmark = pytest.mark.usefixtures("utc")


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
        (limit("session", 101, HOUR, "S"), "5-hour limit 101% resets in 1h00m 10:00"),
        (limit("weekly_all", 99, -4200, "W"), "Weekly limit 99% reset overdue since 07:50"),
        (limit("weekly_all", 100, 195 * HOUR, "W"), "Weekly limit 100% resets in 8d3h Dec 3"),
        (limit("weekly_all", None, -4200, "W"), "Weekly limit – reset 07:50"),
    ],
)
def test_limit_row_has_percent_and_reset(row: dict[str, Any], text: str) -> None:
    assert rows(snapshot(row))[0] == text


def test_percentage_from_before_a_reset_is_not_shown() -> None:
    assert (
        rows(snapshot(limit("weekly_all", 99, -4200, "W"), observed_at=NOW - 5000))[0]
        == "Weekly limit – reset 07:50"
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
            "One-time credit 7% of $50 expired 07:30",
        ),
        ({"percent": 7.7, "ends_at": NOW - 5400}, "One-time credit 7% reset overdue since 07:30"),
        ({"label": "Usage credits", "used_minor": 100}, "Usage credits – $1 spent no cap"),
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
            "Usage credits 215% $10.77 of $5 limit reached",
        ),
        (
            {"label": "Usage credits", "used_minor": 0, "enabled": False},
            "Usage credits – $0 spent off",
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
            "Usage credits – $0 spent off: for this account",
        ),
    ],
)
def test_credit_row_has_what_is_known(fields: dict[str, Any], text: str) -> None:
    assert rows(snapshot(credits_seen=(credit(**fields),)))[0] == text


def test_terms_are_printed_below_the_rows() -> None:
    models = [limit("weekly_scoped", number, None, f"M{number}") for number in range(30)]
    printed = rows(snapshot(*models, credits_seen=(credit(percent=5, terms="Covers Fable."),)))
    assert [text.split()[0] for text in printed[:30]] == ["Weekly"] * 30
    assert [text.split()[3] for text in printed[:30]] == [f"M{number}" for number in range(30)]
    assert printed[31] == "One-time credit: Covers Fable."


def test_wrong_clock_is_reported_below_the_rows() -> None:
    assert (
        "this machine's clock is 3h00m ahead"
        in rows(snapshot(limit("session", 5, HOUR), detail="this machine's clock is 3h00m ahead"))[
            -1
        ]
    )


WIDE = (
    limit("session", 92, 93 * 60, "Current session"),
    limit("weekly_all", 81, 147 * HOUR, "Current week (all models)"),
    limit("weekly_scoped", 97, 147 * HOUR, "Fable"),
)
CREDITS = credit(
    label="Usage credits", used_minor=4450, limit_minor=5000, percent=89, ends_at=DEC_1
)


def printed(width: int, look: Appearance | None = None) -> list[str]:
    """Return the lines of a table with high usage at this width."""
    target = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    target.print(
        table.render_table(snapshot(*WIDE, credits_seen=(CREDITS,)), STAMP, NOW, width, look)
    )
    return str(target.file.getvalue()).splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", range(60, 202, 10))
def test_rows_are_aligned_and_not_wrapped(width: int) -> None:
    lines = printed(width)[:4]
    assert max(map(len, lines)) <= width
    assert len({line.index("%") for line in lines}) == 1
    assert [word for line in lines for word in line.split() if word.endswith("%")] == [
        "92%",
        "81%",
        "97%",
        "89%",
    ]
    assert all("resets" in line for line in lines)
    assert len({line.index("in ") for line in lines[:3]}) == 1
    bars = [len("".join(char for char in line if char in "█▏▎▍▌▋▊▉░╎")) for line in lines]
    assert min(bars) == max(bars) >= 8


@pytest.mark.parametrize("width", range(1, 60))
def test_narrow_table_keeps_name_and_percent(width: int) -> None:
    lines = printed(width)
    text = "".join(lines)
    assert all(number in text for number in ("92%", "81%", "97%", "89%") if width >= 14)
    if width >= 16:
        assert [line.split()[0] for line in lines[:2]] == ["5h", "7d"]


def test_five_hours_and_the_week_come_first_as_in_the_line() -> None:
    printed_rows = rows(snapshot(*reversed(WIDE)))
    assert [text.split("%")[0].rsplit(" ", 1)[0] for text in printed_rows[:3]] == [
        "5-hour limit",
        "Weekly limit",
        "Weekly limit for Fable",
    ]


def test_bar_has_the_mark_of_even_use() -> None:
    session, credits_row = printed(100)[0], printed(100)[3]
    assert "╎" in session
    assert "╎" not in credits_row


def test_times_follow_the_clock_of_the_configuration() -> None:
    look = Appearance({"NO_COLOR": "1", "LANG": "C.UTF-8"}, configured={"clock": "12h"})
    text = "\n".join(printed(80, look))
    assert "10:33am" in text
    assert "Tue 12:00pm" in text


def test_colors_are_those_of_the_theme() -> None:
    theme = resolve(themes.find("color-blind-safe"))
    look = Appearance(
        {"COLORTERM": "truecolor", "LANG": "C.UTF-8"}, {"appearance": "dark"}, {"theme": theme}
    )
    code = theme["styles"]["true"]["critical"]
    target = Console(file=io.StringIO(), width=80, color_system="truecolor", force_terminal=True)
    target.print(table.render_table(snapshot(*WIDE), STAMP, NOW, 80, look))
    first = str(target.file.getvalue()).splitlines()[0]  # type: ignore[attr-defined]
    assert f"\x1b[{code}m 92%" in first


def test_detail_is_printed_to_its_end() -> None:
    detail = "the certificate of a proxy is not trusted: add it to the system's certificates first"
    content = {**snapshot(limit("session", 5, HOUR)), "status": "offline", "detail": detail}
    assert f"offline ({detail})" in rows(content)[-1]
