from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.config.segments import options_of
from usageline.core import formatting
from usageline.core.vocabulary import GLYPHS
from usageline.line import segments
from usageline.line.context import StatusContext, Window
from usageline.line.render import render

pytestmark = pytest.mark.usefixtures("utc")

STALE_S = options_of("status")["stale"].default
NOW = 1_795_399_200  # Monday 2026-11-23 02:00 UTC
HOUR = 3600
DAY = 24 * HOUR
CREDITS = {
    "label": "Usage credits",
    "used_minor": 1234,
    "limit_minor": 5000,
    "exponent": 2,
    "currency": "USD",
    "enabled": True,
}


def look(**fields: Any) -> StatusContext:
    view = StatusContext(NOW)
    view.status = "ok"
    for name, value in fields.items():
        setattr(view, name, value)
    return view


def text(view: StatusContext, width: int = 200) -> str:
    return "\n".join(render(view, {}, {"NO_COLOR": "1"}, width=width))


FULL = look(
    payload={"model": {"display_name": "Opus 5.5"}, "context_window": {"used_percentage": 1.9}},
    windows=[
        Window("session", "", 37.9, NOW + 2 * HOUR - 1, "normal"),
        Window("weekly_all", "", 26, NOW + 3 * DAY - 8460, "normal"),
        Window("weekly_scoped", "Fable", 55, None, "normal"),
    ],
    credits=[CREDITS],
)


def test_the_whole_line_is_as_the_readme_shows_it() -> None:
    assert (
        text(FULL)
        == "Opus 5.5 │ ctx 1% │ 5h ███▊░░╎░░░ 37% ↻ 1h59m │ 7d ██▌░░╎░░░░ 26% ↻ Wed 23:39"
        " │ 7d Fable 55% │ credits $12.34/$50"
    )


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (
            76,
            (
                "Opus 5.5 │ ctx 1%\n"
                "5h ███░╎░░░ 37% ↻ 1h59m │ 7d ██░░╎░░░ 26% ↻ Wed │ 7d Fable 55% │ $12.34/$50"
            ),
        ),
        (
            56,
            "Opus 5.5 │ ctx 1%\n5h █▉░░░ 37% │ 7d █▎░░░ 26% │ 7d Fable 55% │ $12.34/$50",
        ),
        (36, "Opus 5.5 │ ctx 1%\n5h 37% │ 7d 26% │ Fable 55% │ cr 24%"),
        (20, "Opus 5.5 │ ctx 1%\n5h 37% │ 7d 26%"),
        (8, "Opus 5.5\n5h 37%"),
        (5, "Opus…\n5h 3…"),
    ],
)
def test_a_narrow_line_has_two_rows_and_the_shorter_variants(width: int, rows: str) -> None:
    assert text(FULL, width) == rows


def test_percentages_are_rounded_down_as_the_client_rounds_them() -> None:
    assert "5h ██████████ 99%" in text(
        look(windows=[Window("session", "", 99.99, None, "critical")])
    ).replace("█████████▉", "██████████")


def test_a_window_past_its_reset_shows_no_number_but_when_it_was_reset() -> None:
    assert (
        text(look(windows=[Window("session", "", None, NOW - HOUR, "normal")]))
        == "5h – reset 01:00"
    )


@pytest.mark.parametrize(
    ("used", "filled"),
    [
        (0, ""),
        (0.1, "▏"),
        (1, "▏"),
        (37, "███▋"),
        (50, "█████"),
        (99.9, "█████████▉"),
        (100, "██████████"),
    ],
)
def test_a_bar_is_drawn_to_an_eighth_of_a_cell(used: float, filled: str) -> None:
    cells = segments.bar(used, 10, GLYPHS, "normal")
    assert "".join(text for style, text in cells if style != "track") == filled
    assert sum(len(text) for _, text in cells) == 10


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "<1m"),
        (59, "<1m"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h00m"),
        (7199, "1h59m"),
        (DAY, "1d0h"),
        (90 * HOUR, "3d18h"),
    ],
)
def test_a_length_of_time_is_short(seconds: int, shown: str) -> None:
    assert formatting.ago(seconds) == shown


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (HOUR - 1, "02:59"),
        (HOUR + 59, "03:00"),
        (DAY - 60, "01:59"),
        (DAY, "Tue 02:00"),
        (6 * DAY + 23 * HOUR, "Mon 01:00"),
        (30 * DAY, "Dec 23"),
    ],
)
def test_a_reset_is_given_in_local_time_cut_to_the_minute(ahead: int, shown: str) -> None:
    assert formatting.clock(NOW + ahead, NOW) == shown


def test_a_reset_across_the_end_of_summer_time_is_given_in_the_time_of_its_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    saturday_noon = (
        1_792_836_000  # 2026-10-24 10:00 UTC, 12:00 in Berlin; clocks go back on the 25th
    )
    assert formatting.clock(saturday_noon + 2 * DAY, saturday_noon) == "Mon 11:00"


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (CREDITS, "credits $12.34/$50"),
        ({**CREDITS, "limit_minor": None}, "credits $12.34"),
        (
            {**CREDITS, "currency": "EUR", "used_minor": 1077, "limit_minor": 1500},
            "credits €10.77/€15",
        ),
        ({**CREDITS, "currency": "JPY", "exponent": 0}, "credits ¥1,234/¥5,000"),
        ({**CREDITS, "currency": "CHF", "used_minor": -5}, "credits -CHF 0.05/CHF 50"),
        ({**CREDITS, "enabled": False, "disabled_reason": "out_of_credits"}, "out of credits"),
        ({**CREDITS, "enabled": False, "disabled_reason": "org_level_disabled"}, ""),
        (
            {**CREDITS, "label": "One-time credit", "expires": True, "ends_at": NOW + 30 * DAY},
            "One-time credit $12.34/$50 ends Dec 23",
        ),
        ({**CREDITS, "label": "One-time credit", "expires": True, "ends_at": NOW}, ""),
        ({**CREDITS, "used_minor": "x"}, ""),
        ({**CREDITS, "exponent": 99}, ""),
        ({**CREDITS, "currency": None}, ""),
    ],
)
def test_credits_are_money_in_their_own_currency(row: dict[str, Any], shown: str) -> None:
    view = look(credits=[row], windows=[Window("weekly_scoped", "x", 1, None)])
    assert text(view) == "7d x 1%" + (f" │ {shown}" if shown else "")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"status": "signed-out"}, "sign in: /login"),
        ({"status": "rate-limited", "until": NOW + HOUR}, "rate-limited until 03:00"),
        ({"status": "rate-limited", "until": NOW - HOUR}, "rate-limited"),
        ({"status": "offline", "age_s": 720}, "offline · 12m ago"),
        ({"status": "no-plan", "detail": "API key"}, "API key: no plan limits"),
        ({"status": "loading"}, "usage: loading…"),
        ({"status": "ok"}, "usage: none reported"),
        (
            {"status": "ok", "age_s": STALE_S, "credits": [CREDITS]},
            "credits $12.34/$50 │ 10m ago",
        ),
        ({"status": "ok", "age_s": STALE_S - 1, "credits": [CREDITS]}, "credits $12.34/$50"),
        ({"problem": "no refresh: x", "age_s": 720}, "no refresh: x · 12m ago"),
        ({"status": "a status of a later version", "credits": [CREDITS]}, "credits $12.34/$50"),
        ({"status": "a status of a later version"}, "usage unreadable"),
    ],
)
def test_what_is_missing_or_old_is_said_with_its_reason(fields: dict[str, Any], shown: str) -> None:
    assert text(look(**fields)) == shown


@given(
    st.dictionaries(
        st.sampled_from([*sorted(CREDITS), "ends_at", "expires", "disabled_reason"]),
        st.none() | st.integers() | st.floats() | st.text() | st.booleans(),
    )
)
def test_no_credit_can_break_the_line(row: dict[str, Any]) -> None:
    text(look(credits=[{**CREDITS, **row}]))
