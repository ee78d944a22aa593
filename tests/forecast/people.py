"""Kinds of users, by their habits."""

from __future__ import annotations

from dataclasses import dataclass

WORKDAYS = (0.95, 0.95, 0.95, 0.95, 0.9, 0.08, 0.08)
EVERY_DAY = (0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8)
FREE_DAYS = (0.5, 0.5, 0.5, 0.5, 0.7, 0.9, 0.9)
SOME_DAYS = (0.4, 0.4, 0.4, 0.4, 0.3, 0.25, 0.25)


@dataclass(frozen=True)
class Habit:
    """How a user works.

    days          chances to work on Monday to Sunday
    spans         of a day: start in local hours, length in hours, chance
    shift_h       by which they shift (standard deviation)
    sessions      how many run at once, one of these
    rate          points of the 5-hour limit an hour while a session is busy
    burst_min     length of a burst in minutes, on average; `pause_min` that of a pause
    burst_spread  spread of the rate (of its logarithm) by burst; `day_spread` by day
    left_open     chance that Claude Code stays open after a span
    """

    name: str
    days: tuple[float, ...]
    spans: tuple[tuple[float, float, float], ...]
    rate: float
    sessions: tuple[int, ...] = (1,)
    burst_min: float = 12
    pause_min: float = 12
    burst_spread: float = 0.5
    day_spread: float = 0.35
    shift_h: float = 0.5
    left_open: float = 0.15


OFFICE = ((9, 3, 0.95), (13, 4.5, 0.95))

PEOPLE = (
    Habit("office, light", WORKDAYS, OFFICE, 14),
    Habit("office, steady", WORKDAYS, OFFICE, 30),
    Habit("office, heavy", WORKDAYS, OFFICE, 34, sessions=(1, 2, 2, 3)),
    Habit("office, in bursts", WORKDAYS, OFFICE, 75, burst_min=18, pause_min=70, burst_spread=0.7),
    Habit("evenings", FREE_DAYS, ((20, 3.5, 0.9),), 38, shift_h=0.8),
    Habit(
        "evenings, heavy",
        FREE_DAYS,
        ((14, 2, 0.2), (19.5, 4.5, 0.9)),
        45,
        sessions=(1, 2, 2),
        shift_h=0.8,
    ),
    Habit(
        "all day",
        EVERY_DAY,
        ((9, 4, 0.9), (14, 5, 0.9), (20, 3, 0.6)),
        26,
        sessions=(1, 2, 2, 3),
        left_open=0.3,
    ),
    Habit(
        "all day, very heavy",
        EVERY_DAY,
        ((8.5, 4, 0.95), (13, 6, 0.95), (20, 4, 0.8)),
        30,
        sessions=(2, 3, 4),
        left_open=0.4,
    ),
    Habit("at night", EVERY_DAY, ((15, 3, 0.6), (22, 5, 0.9)), 40, sessions=(1, 1, 2), shift_h=1.2),
    Habit(
        "now and then",
        SOME_DAYS,
        ((10, 2, 0.5), (15, 2.5, 0.6), (21, 2, 0.3)),
        40,
        shift_h=1.5,
        day_spread=0.6,
    ),
    Habit(
        "agents",
        WORKDAYS,
        ((9, 8, 0.95), (20, 6, 0.35)),
        30,
        sessions=(2, 3, 5),
        burst_min=40,
        pause_min=60,
        left_open=0.6,
    ),
)
