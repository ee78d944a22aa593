"""Curves, hours and time axes, as readings make them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.readings import DAY_S, HOUR_S, reading, work
from usageline.cli.history import chart, heatmap, svg_chart
from usageline.cli.history.heatmap import level, rows, use_by_hour
from usageline.cli.history.series import MIN_GAP_S, Series, all_series
from usageline.cli.history.ticks import ticks
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 1_795_392_000
"""2026-11-23 00:00 UTC, a Monday."""


@pytest.fixture(autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """UTC, or the zone that the test names."""
    monkeypatch.setenv("TZ", getattr(request, "param", "UTC"))
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def seen(*points: tuple[float, float | None, float | None], kind: str = "session") -> list[Reading]:
    """A reading for each (minutes after START, percent, minutes until the reset after START)."""
    found = []
    for at, percent, reset in points:
        resets_at = None if reset is None else int(START + reset * 60)
        found.append(
            reading(
                int(START + at * 60), limits=(Limit(kind, "Current session", percent, resets_at),)
            )
        )
    return found


def only(readings: list[Reading], now: float = START + DAY_S) -> Series:
    (series,) = all_series(readings, now)
    return series


def in_minutes(series: Series) -> list[list[tuple[float, float]]]:
    return [[((at - START) / 60, percent) for at, percent in piece] for piece in series.pieces]


def test_a_night_without_readings_is_a_gap() -> None:
    """No line leads across it, not even in the same window."""
    readings = seen(
        (0, 10, 300), (5, 12, 300), (5 + MIN_GAP_S / 60 + 1, 20, 300), (45, 22, 300), (50, 23, 300)
    )
    assert in_minutes(only(readings)) == [[(0, 10), (5, 12)], [(36, 20), (45, 22), (50, 23)]]


def test_readings_that_are_usually_far_apart_are_no_gaps() -> None:
    """Somebody may have set the time between looks to an hour."""
    assert len(only(seen(*((60 * number, number, 600) for number in range(9)))).pieces) == 1


def test_at_a_reset_the_curve_falls_to_nothing_at_that_moment() -> None:
    """What was used stays used until then."""
    series = only(seen((0, 80, 12), (10, 90, 12), (15, 1, 312)), now=START + 900)
    assert in_minutes(series) == [[(0, 80), (10, 90), (12, 90), (12, 0), (15, 1)]]
    assert series.resets == (START + 12 * 60,)


def test_a_reset_that_is_overdue_is_marked_where_it_was_seen() -> None:
    """The curve goes on until then, and never back in time."""
    series = only(seen((0, 80, 12), (10, 90, 12), (14, 90, 12), (19, 1, 312)), now=START + 1200)
    assert in_minutes(series) == [[(0, 80), (10, 90), (19, 90), (19, 0), (19, 1)]]
    assert series.resets == (START + 19 * 60,)
    assert only(seen((0, 80, 12), (14, 90, 12)), now=START + 1200).resets == ()


def test_a_curve_above_100_is_a_full_column_and_the_head_has_its_number() -> None:
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


def test_a_reset_that_comes_early_is_marked_where_it_was_seen() -> None:
    """The window that was announced never ended."""
    series = only(seen((0, 80, 200), (5, 85, 200), (10, 0, 310)), now=START + 600)
    assert series.resets == (START + 600,)


def test_use_that_was_taken_back_is_marked_once() -> None:
    """A banked reset: the window goes on."""
    readings = seen((0, 80, 200), (5, 20, 200), (10, 21, 200), (15, 22, 200))
    readings[1:] = [
        replace(one, limits=tuple(replace(limit, lowered=True) for limit in one.limits))
        for one in readings[1:]
    ]
    assert only(readings, now=START + 900).resets == (START + 300,)


def test_a_reset_that_has_passed_since_is_marked_and_one_to_come_is_not() -> None:
    """Whether or not somebody looked."""
    assert only(seen((0, 80, 12)), now=START + 12 * 60).resets == (START + 12 * 60,)
    assert only(seen((0, 80, 12)), now=START + 11 * 60).resets == ()


def test_a_second_more_or_less_is_the_same_reset() -> None:
    """The service's own times waver."""
    assert only(seen((0, 1, 300), (5, 2, 300.02), (10, 3, 299.99)), now=START + 600).resets == ()


def test_a_percentage_that_is_not_known_is_a_gap_and_no_zero() -> None:
    """Known on either side of it."""
    assert in_minutes(only(seen((0, 10, 300), (5, None, 300), (10, 12, 300)))) == [
        [(0, 10)],
        [(10, 12)],
    ]
    assert all_series(seen((0, None, 300)), START) == []


def test_what_does_not_change_is_two_points() -> None:
    """A week of nothing is no long file."""
    assert in_minutes(only(seen(*((5 * number, 7, 300) for number in range(50))))) == [
        [(0, 7), (245, 7)]
    ]


def test_the_session_comes_first_then_the_week() -> None:
    """Whatever order the service has."""
    limits = tuple(
        Limit(kind, kind, 1.0, None) for kind in ("new", "weekly_all", "other", "session")
    )
    assert [one.kind for one in all_series([reading(START, limits=limits)], START)] == [
        "session",
        "weekly_all",
        "new",
        "other",
    ]


def test_use_is_counted_in_the_hour_that_it_fell_into() -> None:
    """An interval over a full hour is divided."""
    found = use_by_hour(seen((50, 0, 300), (55, 4, 300), (65, 10, 300)))
    assert found == {(2026, 11, 23): {0: pytest.approx(7), 1: pytest.approx(3)}}


def test_what_was_used_in_a_gap_is_in_no_hour() -> None:
    """It is not known when."""
    assert use_by_hour(seen((0, 0, 300), (5, 1, 300), (200, 30, 300), (205, 31, 300))) == {
        (2026, 11, 23): {0: pytest.approx(1), 3: pytest.approx(1)}
    }


def test_in_a_new_window_all_was_used_since_it_began() -> None:
    """Also where the look before it lies a night back."""
    found = use_by_hour(seen((0, 50, 10), (5, 50, 10), (605, 8, 900), (610, 9, 900)))
    assert found[2026, 11, 23][10] == pytest.approx(9)


def test_use_that_was_taken_back_is_no_use_less_than_nothing() -> None:
    """A banked reset."""
    assert use_by_hour(seen((0, 50, 300), (5, 10, 300))) == {(2026, 11, 23): {0: 0}}


@pytest.mark.parametrize("zone", ["Asia/Kolkata"], indirect=True)
def test_hours_are_local() -> None:
    """Half an hour apart from others' as well."""
    assert use_by_hour(seen((0, 0, 300), (29, 2, 300), (31, 4, 300))) == {
        (2026, 11, 23): {5: pytest.approx(3), 6: pytest.approx(1)}
    }


def test_levels_tell_unknown_from_nothing() -> None:
    """And the pace that a window does not last from the one that it does."""
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


def test_up_to_two_weeks_are_days_and_more_are_weekdays() -> None:
    """Days of which nothing is known have their row as well."""
    found = {(2026, 11, 2): {9: 4.0}, (2026, 11, 15): {9: 4.0}}
    assert [row[0] for row in rows(found)] == [(2026, 11, number) for number in range(2, 16)]
    found[2026, 11, 16] = {9: 8.0}
    assert rows(found)[0] == (0, {9: 6.0})
    assert [row[0] for row in rows(found)] == list(range(7))


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"], indirect=True
)
@pytest.mark.parametrize("month", [3, 4, 10, 11])
def test_the_day_on_which_the_clocks_are_set_is_one_day(month: int) -> None:
    """None twice, none left out; each mark is a local midnight."""
    start = time.mktime((2026, month, 1, 12, 0, 0, 0, 0, -1))
    days = [row[0] for row in rows({(2026, month, 1): {}, (2026, month, 14): {}})]
    assert days == [(2026, month, number) for number in range(1, 15)]
    marks = [time.localtime(at) for at, _ in ticks(start, start + 28 * DAY_S, 28)]
    assert {(mark.tm_hour, mark.tm_min) for mark in marks} == {(0, 0)}
    assert len(marks) in {27, 28, 29}


@given(
    start=st.integers(START, START + 400 * DAY_S),
    length=st.integers(HOUR_S, 90 * DAY_S),
    most=st.integers(1, 40),
)
def test_marks_lie_in_the_time_and_are_not_too_many(start: int, length: int, most: int) -> None:
    """The axis has room for so many."""
    found = ticks(start, start + length, most)
    assert all(start <= at <= start + length for at, _ in found)
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    assert len(found) <= most
    assert all(label.isprintable() for _, label in found)


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
def test_everything_fits_at_any_width(
    points: list[tuple[int, float | None, int | None]], width: int, label: str
) -> None:
    """Whatever was seen, and whatever the limit is called."""
    readings = seen(*sorted(points))
    start, end = START, START + 3000 * 60
    for series in all_series(readings, end):
        lines = chart.panel(replace(series, label=label), start, end, width)
        assert max(line.cell_len for line in lines) <= width
    assert all(line.cell_len <= width for line in heatmap.lines(use_by_hour(readings), width))


@given(points=POINTS)
def test_every_picture_is_well_formed_and_the_same_each_time(
    points: list[tuple[int, float | None, int | None]],
) -> None:
    """No date of its own, no random names."""
    readings = seen(*sorted(points))
    drawn = {
        svg_chart.svg(
            all_series(readings, START + 3000 * 60), use_by_hour(readings), START, START + 3000 * 60
        )
        for _ in range(2)
    }
    assert len(drawn) == 1
    ET.fromstring(drawn.pop())  # noqa: S314 - our own


def test_the_area_is_empty_in_a_gap_and_stands_on_the_ground_elsewhere() -> None:
    """In a terminal a known 0 has its dot."""
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
        svg_chart.svg([series], {}, START, START + DAY_S)
    )
    (data,) = [
        element.attrib["d"] for element in root.iter() if element.get("fill-opacity") == ".2"
    ]
    pieces = [
        [tuple(map(float, point.split())) for point in piece.split("L")]
        for piece in data.split("M")[1:]
    ]
    left, hour = svg_chart.MARGIN + svg_chart.AXIS_WIDTH, svg_chart.PANEL_WIDTH / 24
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


def test_sixty_days_are_drawn_with_every_limit() -> None:
    """Without a line for each of hundreds of resets."""
    readings = work(60)
    end = float(readings[-1].observed_at)
    drawn = svg_chart.svg(all_series(readings, end), use_by_hour(readings), end - 60 * DAY_S, end)
    assert len(drawn) < 1_000_000
    assert b"mean of each weekday" in drawn
