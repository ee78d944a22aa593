"""Convert readings to curves, hours and time axes."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.storage.readings import DAY_S, HOUR_S, reading, work
from tests.zones import local_zone
from usageline.cli import svg
from usageline.cli.history import chart, heatmap, page, summary, svg_chart
from usageline.cli.history.heatmap import level, rows, use_by_hour
from usageline.cli.history.series import MIN_GAP_S, Series, all_series, ticks
from usageline.cli.svg import PAPER
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 1_795_392_000
"""2026-11-23 00:00 UTC, a Monday."""

NOV_23 = date(2026, 11, 23)

CONSOLE = Console(color_system="truecolor")


@pytest.fixture(autouse=True)
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set UTC, or the zone of the test's parameter."""
    with local_zone(getattr(request, "param", "UTC")):
        yield


def seen(*points: tuple[float, float | None, float | None], kind: str = "session") -> list[Reading]:
    """Return a reading for each (minutes after START, percent, minutes from START to the reset)."""
    readings = []
    for at, percent, reset in points:
        resets_at = None if reset is None else int(START + reset * 60)
        readings.append(
            reading(
                int(START + at * 60), limits=(Limit(kind, "Current session", percent, resets_at),)
            )
        )
    return readings


def only(readings: list[Reading], now: float = START + DAY_S) -> Series:
    (series,) = all_series(readings, now)
    return series


def in_minutes(series: Series) -> list[list[tuple[float, float]]]:
    return [[((at - START) / 60, percent) for at, percent in piece] for piece in series.pieces]


def test_time_without_readings_is_a_gap() -> None:
    """Even within one window, no line crosses it."""
    readings = seen(
        (0, 10, 300), (5, 12, 300), (5 + MIN_GAP_S / 60 + 1, 20, 300), (45, 22, 300), (50, 23, 300)
    )
    assert in_minutes(only(readings)) == [[(0, 10), (5, 12)], [(36, 20), (45, 22), (50, 23)]]


def test_readings_at_a_long_interval_have_no_gaps() -> None:
    """The user can set the interval to an hour."""
    assert len(only(seen(*((60 * number, number, 600) for number in range(9)))).pieces) == 1


def test_curve_drops_to_zero_at_a_reset() -> None:
    series = only(seen((0, 80, 12), (10, 90, 12), (15, 1, 312)), now=START + 900)
    assert in_minutes(series) == [[(0, 80), (10, 90), (12, 90), (12, 0), (15, 1)]]
    assert series.resets == (START + 12 * 60,)


def test_overdue_reset_is_marked_when_observed() -> None:
    series = only(seen((0, 80, 12), (10, 90, 12), (14, 90, 12), (19, 1, 312)), now=START + 1200)
    assert in_minutes(series) == [[(0, 80), (10, 90), (19, 90), (19, 0), (19, 1)]]
    assert series.resets == (START + 19 * 60,)
    assert only(seen((0, 80, 12), (14, 90, 12)), now=START + 1200).resets == ()


def test_curve_above_100_is_a_full_column() -> None:
    series = only(seen((0, 99, 600), (5, 130, 600), (10, 260, 600)))
    lines = [line.plain for line in chart.panel(series, START, START + 1200, 60)]
    assert len(lines) == len(
        [
            line.plain
            for line in chart.panel(only(seen((0, 9, 600), (5, 9, 600))), START, START + 1200, 60)
        ]
    )
    assert "260%" in lines[0]
    assert max(map(len, lines)) <= 60


def test_early_reset_is_marked_when_observed() -> None:
    series = only(seen((0, 80, 200), (5, 85, 200), (10, 0, 310)), now=START + 600)
    assert series.resets == (START + 600,)


def test_decreased_usage_is_marked_once() -> None:
    """Using a banked reset decreases usage without a new window."""
    readings = seen((0, 80, 200), (5, 20, 200), (10, 21, 200), (15, 22, 200))
    readings[1:] = [
        replace(one, limits=tuple(replace(limit, lowered=True) for limit in one.limits))
        for one in readings[1:]
    ]
    assert only(readings, now=START + 900).resets == (START + 300,)


def test_past_reset_is_marked_and_future_one_is_not() -> None:
    assert only(seen((0, 80, 12)), now=START + 12 * 60).resets == (START + 12 * 60,)
    assert only(seen((0, 80, 12)), now=START + 11 * 60).resets == ()


def test_reset_times_a_second_apart_are_the_same() -> None:
    """The service's times vary."""
    assert only(seen((0, 1, 300), (5, 2, 300.02), (10, 3, 299.99)), now=START + 600).resets == ()


def test_unknown_percentage_is_a_gap() -> None:
    assert in_minutes(only(seen((0, 10, 300), (5, None, 300), (10, 12, 300)))) == [
        [(0, 10)],
        [(10, 12)],
    ]
    assert all_series(seen((0, None, 300)), START) == []


def test_constant_percentage_is_two_points() -> None:
    assert in_minutes(only(seen(*((5 * number, 7, 300) for number in range(50))))) == [
        [(0, 7), (245, 7)]
    ]


def test_session_comes_first_then_the_week() -> None:
    limits = tuple(
        Limit(kind, kind, 1.0, None) for kind in ("new", "weekly_all", "other", "session")
    )
    assert [one.kind for one in all_series([reading(START, limits=limits)], START)] == [
        "session",
        "weekly_all",
        "new",
        "other",
    ]


def test_use_is_counted_in_its_hour() -> None:
    """An interval across a full hour is split."""
    use = use_by_hour(seen((50, 0, 300), (55, 4, 300), (65, 10, 300)))
    assert use == {NOV_23: {0: pytest.approx(7), 1: pytest.approx(3)}}


def test_use_in_a_gap_is_not_counted() -> None:
    assert use_by_hour(seen((0, 0, 300), (5, 1, 300), (200, 30, 300), (205, 31, 300))) == {
        NOV_23: {0: pytest.approx(1), 3: pytest.approx(1)}
    }


def test_use_of_a_new_window_starts_with_the_window() -> None:
    """Also after a gap."""
    use = use_by_hour(seen((0, 50, 10), (5, 50, 10), (605, 8, 900), (610, 9, 900)))
    assert use[NOV_23][10] == pytest.approx(9)


def test_decreased_usage_is_not_negative_use() -> None:
    assert use_by_hour(seen((0, 50, 300), (5, 10, 300))) == {NOV_23: {0: 0}}


@pytest.mark.parametrize("zone", ["Asia/Kolkata"], indirect=True)
def test_hours_are_local_with_a_half_hour_offset() -> None:
    assert use_by_hour(seen((0, 0, 300), (29, 2, 300), (31, 4, 300))) == {
        NOV_23: {5: pytest.approx(3), 6: pytest.approx(1)}
    }


def test_levels_distinguish_unknown_from_zero() -> None:
    assert [level(used) for used in (None, 0, 0.1, 5, 5.1, 10, 20, 20.1)] == [
        None,
        0,
        1,
        1,
        2,
        2,
        3,
        4,
    ]


def test_rows_are_days_up_to_two_weeks_else_weekdays() -> None:
    use = {date(2026, 11, 2): {9: 4.0}, date(2026, 11, 15): {9: 4.0}}
    assert [row[0] for row in rows(use)] == [date(2026, 11, number) for number in range(2, 16)]
    use[date(2026, 11, 16)] = {9: 8.0}
    assert rows(use)[0] == (0, {9: 6.0})
    assert [row[0] for row in rows(use)] == list(range(7))


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"], indirect=True
)
@pytest.mark.parametrize("month", [3, 4, 10, 11])
def test_day_of_a_clock_change_is_one_day(month: int) -> None:
    """Each mark is a local midnight."""
    start = time.mktime((2026, month, 1, 12, 0, 0, 0, 0, -1))
    days = [row[0] for row in rows({date(2026, month, 1): {}, date(2026, month, 14): {}})]
    assert days == [date(2026, month, number) for number in range(1, 15)]
    marks = [time.localtime(at) for at, _ in ticks(start, start + 28 * DAY_S, 28)]
    assert {(mark.tm_hour, mark.tm_min) for mark in marks} == {(0, 0)}
    assert len(marks) in {27, 28, 29}


@given(
    start=st.integers(START, START + 400 * DAY_S),
    length=st.integers(HOUR_S, 90 * DAY_S),
    most=st.integers(1, 40),
)
def test_ticks_are_within_the_time_and_limited(start: int, length: int, most: int) -> None:
    times = ticks(start, start + length, most)
    assert all(start <= at <= start + length for at, _ in times)
    assert [at for at, _ in times] == sorted({at for at, _ in times})
    assert len(times) <= most
    assert all(label.isprintable() for _, label in times)


POINTS = st.lists(
    st.tuples(
        st.integers(0, 3000), st.none() | st.floats(0, 100), st.none() | st.integers(0, 4000)
    ),
    max_size=30,
    unique_by=lambda row: row[0],
)


@given(
    points=POINTS,
    width=st.integers(36, 220),
    label=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=48),
)
def test_charts_fit_any_width(
    points: list[tuple[int, float | None, int | None]], width: int, label: str
) -> None:
    readings = seen(*sorted(points))
    start, end = START, START + 3000 * 60
    for series in all_series(readings, end):
        lines = chart.panel(replace(series, label=label), start, end, width)
        assert max(line.cell_len for line in lines) <= width
    assert all(line.cell_len <= width for line in heatmap.lines(use_by_hour(readings), width))


@given(points=POINTS)
def test_picture_is_well_formed_and_deterministic(
    points: list[tuple[int, float | None, int | None]],
) -> None:
    readings = seen(*sorted(points))
    pictures = {
        svg_chart.picture(
            svg_chart.History(
                all_series(readings, START + 3000 * 60),
                use_by_hour(readings),
                START,
                START + 3000 * 60,
            )
        )
        for _ in range(2)
    }
    assert len(pictures) == 1
    ET.fromstring(pictures.pop())  # noqa: S314 - our own


def test_chart_is_empty_in_a_gap_and_has_a_dot_for_zero() -> None:
    day = 24 * 60
    readings = seen(
        (0, 0, None),
        (20, 0, None),
        (40, 0, None),
        (day / 2, 100, day),
        (day / 2 + 20, 100, day),
        (day / 2 + 40, 100, day),
    )
    lines = [
        line.plain
        for line in chart.panel(only(readings), START, START + DAY_S, chart.AXIS_WIDTH + 72)
    ]
    bottom, top = lines[8][chart.AXIS_WIDTH :], lines[1][chart.AXIS_WIDTH :]
    assert bottom[:2] == "⣀⣀"
    assert bottom[36:38] == top[36:38] == "⣿⣿"
    assert bottom[4:35].strip() == bottom[40:].strip() == top[:35].strip() == ""


def test_svg_curve_starts_and_ends_at_zero_and_breaks_at_a_gap() -> None:
    series = only(seen((0, 40, 300), (30, 60, 300), (60, 100, 300), (720, 25, 1000)))
    root = ET.fromstring(  # noqa: S314 - our own
        svg_chart.picture(svg_chart.History([series], {}, START, START + DAY_S))
    )
    (data,) = [
        element.attrib["d"] for element in root.iter() if element.get("fill-opacity") == ".2"
    ]
    pieces = [
        [tuple(map(float, point.split())) for point in piece.split("L")]
        for piece in data.split("M")[1:]
    ]
    left, hour = svg.MARGIN + svg_chart.AXIS_WIDTH, (svg.INNER_WIDTH - svg_chart.AXIS_WIDTH) / 24
    (_, zero), (_, hundred) = pieces[0][0], pieces[0][3]

    def drawn(*points: tuple[float, float]) -> list[object]:
        return [
            pytest.approx((left + x, zero + (hundred - zero) * percent / 100), abs=0.11)
            for x, percent in points
        ]

    assert pieces == [
        drawn((0, 0), (0, 40), (hour / 2, 60), (hour, 100), (hour, 0)),
        drawn((12 * hour - 1, 0), (12 * hour - 1, 25), (12 * hour + 1, 25), (12 * hour + 1, 0)),
    ]
    assert zero - hundred > 100


def week(*points: tuple[float, float | None, float | None]) -> list[Reading]:
    """Return readings of the weekly limit; times in hours after START."""
    in_minutes = [
        (at * 60, percent, None if reset is None else reset * 60) for at, percent, reset in points
    ]
    return seen(*in_minutes, kind="weekly_all")


DENSE = [(hour / 2, 10.0, 100.0) for hour in range(6)]
"""Readings half an hour apart, so that a longer time between two is a gap."""


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ((50, 40.0, 100), [[(2.5, 10), (50, 40)]]),
        ((120, 5.0, 268), [[(2.5, 10), (100, 10), (100, 0), (100, 0), (120, 5)]]),
        ((120, 5.0, 270), [[(2.5, 10), (100, 10), (100, 0), (102, 0), (120, 5)]]),
        ((300, 5.0, 460), [[(2.5, 10), (100, 10), (100, 0)], [(292, 0), (300, 5)]]),
        ((50, 0.0, None), [[(2.5, 10), (50, 10), (50, 0), (50, 0), (50, 0)]]),
        ((3, 12.0, 100), []),
    ],
    ids=["same window", "next window", "late start", "unknown window", "unstarted", "no gap"],
)
def test_gap_of_a_weekly_limit_is_bridged_along_its_windows(
    later: tuple[float, float, float | None], expected: list[list[tuple[float, float]]]
) -> None:
    bridges = only(week(*DENSE, later)).bridges
    assert [[((at - START) / 3600, percent) for at, percent in line] for line in bridges] == [
        [pytest.approx(point) for point in line] for line in expected
    ]


def test_window_that_starts_in_a_gap_is_drawn_from_its_start() -> None:
    unstarted = [(hour / 2, 0.0, None) for hour in range(6)]
    (bridge,) = only(week(*unstarted, (50, 40, 200))).bridges
    assert bridge == ((START + 32 * 3600, 0), (START + 50 * 3600, 40))


def test_gap_of_a_session_is_not_bridged() -> None:
    assert only(seen((0, 10, 300), (5, 12, 300), (200, 30, 300))).bridges == ()


@given(points=POINTS)
def test_bridges_stay_within_their_gaps(
    points: list[tuple[int, float | None, int | None]],
) -> None:
    for series in all_series(seen(*sorted(points), kind="weekly_all"), START + 3000 * 60):
        inside = [point for piece in series.pieces for point in piece]
        for line in series.bridges:
            times = [at for at, _ in line]
            assert times == sorted(times)
            assert times[0] >= inside[0][0]
            assert times[-1] <= inside[-1][0]


def test_gap_is_a_dim_line_in_the_terminal() -> None:
    series = only(week(*DENSE, (60, 50, 100), (60.5, 50, 100)))
    lines = chart.panel(series, START, START + 3 * DAY_S, chart.AXIS_WIDTH + 72)
    cells = [
        (line.plain[column], str(line.get_style_at_offset(CONSOLE, column)))
        for line in lines[1:7]
        for column in range(chart.AXIS_WIDTH + 4, chart.AXIS_WIDTH + 59)
        if line.plain[column] != " "
    ]
    assert len(cells) >= 55
    assert not any(cell in "⣿⡇⢸" for cell, _ in cells)
    assert {style for _, style in cells} == {"dim"}


@pytest.mark.parametrize(("percent", "row", "dot"), [(75, 3, "⠁"), (90, 1, "⡀"), (50, 5, "⠁")])
def test_threshold_is_a_dotted_line_at_its_height(percent: int, row: int, dot: str) -> None:
    series = only(seen((0, 1, 300), (5, 1, 300)))
    plain = [line.plain for line in chart.panel(series, START, START + DAY_S, 80, (percent,))]
    dotted = [number for number, line in enumerate(plain) if dot * 40 in line]
    assert dotted == [row]
    assert not any(dot * 40 in line.plain for line in chart.panel(series, START, START + DAY_S, 80))


def test_summary_counts_the_times_at_a_limit() -> None:
    readings = seen(
        (0, 90, 60), (5, 100, 60), (30, 100, 60), (70, 0, 360), (100, 99.9, 360), (200, 100, 360)
    )
    (text, *_) = summary.sentences(readings, START, START + 240 * 60)
    assert text == ("5-hour limit: at the limit 2 times, 1 hour 35 minutes in all, last: 03:20.")
    assert summary.sentences(readings[:1], START, START + 60)[0] == "No limit was reached."


def test_summary_names_the_busiest_hours_and_day() -> None:
    day = 24 * 60
    readings = [
        one
        for number in range(4)
        for hour, used in ((9, 0), (9.4, 4), (14, 4), (14.4, 4), (14.8, 34 + 10 * (number == 2)))
        for one in seen((number * day + hour * 60, used, number * day + 17 * 60))
    ]
    words = summary.sentences(readings, START, START + 4 * DAY_S)
    assert words[1] == (
        "Busiest hours: 12:00 to 15:00, with 32% of a 5-hour limit on an average day of use. "
        "Busiest day: Wednesday."
    )


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (45.9, "45% of the weekly limit so far, 15 points more than last week at this time (30%; "),
        (29, "29% of the weekly limit so far, 1 point less than last week at this time (30%; "),
        (30.5, "30% of the weekly limit so far, as much as last week at this time (30%; "),
    ],
)
def test_summary_compares_this_week_with_the_last(used: float, words: str) -> None:
    readings = week(
        (24, 10, 168), (60, 25, 168), (84, 35, 168), (160, 80, 168), (200, 3, 336), (240, used, 336)
    )
    text = summary.sentences(readings, START + 7 * DAY_S, START + 240 * HOUR_S)[-1]
    assert text == f"This week: {words}80% at its end)."


def test_summary_does_not_compare_a_week_without_readings_at_this_time() -> None:
    readings = week((24, 10, 168), (160, 80, 168), (240, 30, 336))
    assert not any(
        "This week" in text for text in summary.sentences(readings, START, START + 240 * HOUR_S)
    )


@pytest.mark.parametrize(
    ("reset_h", "now_h"), [(300, 240), (None, 240), (336, 400)], ids=["shifted", "unknown", "ended"]
)
def test_summary_does_not_compare_weeks_that_do_not_follow_each_other(
    reset_h: float | None, now_h: float
) -> None:
    earlier = [(hour, hour / 2, 168) for hour in range(12, 168, 12)]
    readings = week(*earlier, (200, 3, reset_h), (240, 30, reset_h))
    texts = summary.sentences(readings, START, START + now_h * HOUR_S)
    assert not any("This week" in text for text in texts)


def test_summary_of_few_weekdays_names_the_busiest_hours_alone() -> None:
    readings = [
        one
        for number in (0, 7, 14)
        for hour, used in ((9, 0), (9.4, 4), (9.8, 44))
        for one in seen((number * 24 * 60 + hour * 60, used, number * 24 * 60 + 17 * 60))
    ]
    (text,) = summary.sentences(readings, START, START + 15 * DAY_S)[1:]
    assert text.startswith("Busiest hours: ")
    assert "Busiest day" not in text
    assert summary.sentences(readings[:3], START, START + DAY_S)[1:] == [], "one day is too few"


def test_picture_has_the_colors_that_were_chosen() -> None:
    history = svg_chart.History(all_series(work(3), START), {}, START, START + DAY_S)
    default, dark, light = (svg_chart.picture(history, dark=dark) for dark in (None, True, False))
    assert b"@media (prefers-color-scheme:dark)" in default
    assert PAPER.light.encode() in default
    assert b"<style" not in dark + light
    assert PAPER.dark.encode() in dark
    assert PAPER.light.encode() not in dark
    assert PAPER.dark.encode() not in light


def test_page_stays_small_and_needs_nothing_else() -> None:
    readings = work(60)
    end = float(readings[-1].observed_at)
    content = page.html(
        svg_chart.History(
            all_series(readings, end), use_by_hour(readings), end - 60 * DAY_S, end, (75, 90)
        )
    ).decode()
    assert len(content) < 3_000_000
    style = re.search("<style>(.*?)</style>", content, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"
        in (content)
    )
    rest = content.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("<script", "http:", "https:", "url(", "src=", "href", " style="):
        assert word not in rest


def test_picture_of_sixty_days_stays_small() -> None:
    readings = work(60)
    end = float(readings[-1].observed_at)
    picture = svg_chart.picture(
        svg_chart.History(all_series(readings, end), use_by_hour(readings), end - 60 * DAY_S, end)
    )
    assert len(picture) < 1_000_000
    assert b"mean of each weekday" in picture
