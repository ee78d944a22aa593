"""Simulate months of use from a seed: the use, what usageline reads of it, and the truth.

Minute by minute. Claude Code is open in spans of the day; in them one or more sessions work in
bursts. Readings are taken while it is open, about every five minutes, whole or in fractions, and
some are missing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.forecast.people import PEOPLE, Habit
from tests.forecast.service import FIRST_DAY, WEEK_MIN, Meter, Window
from usageline.usage.model import Limit, Reading

DAY_MIN = 1440
DAYS = 49


@dataclass
class Month:
    """What one seed gives: the kind of user, the readings, oldest first, and the windows."""

    seed: int
    person: str
    readings: list[Reading]
    windows: list[Window]


@dataclass
class Plan:
    """Return by the minute what would be spent, and whether Claude Code is open.

    No limit stops the use; it is in points of the 5-hour limit.
    """

    rng: random.Random
    spent: list[float] = field(default_factory=lambda: [0.0] * (DAYS * DAY_MIN))
    is_open: bytearray = field(default_factory=lambda: bytearray(DAYS * DAY_MIN))

    def add_day(self, who: Habit, day: int, level: float, offset_min: int) -> None:
        """Return a day of the user's, or none on a day off; `offset_min` is the zone's."""
        rng = self.rng
        if rng.random() >= who.days[day % 7]:
            return
        for start_h, length_h, chance in who.spans:
            if rng.random() >= chance:
                continue
            start = int(day * DAY_MIN + offset_min + rng.gauss(start_h, who.shift_h) * 60)
            end = int(start + max(0.3, rng.gauss(length_h, length_h * 0.3)) * 60)
            self._open(start, end)
            for _ in range(rng.choice(who.sessions)):
                self._work(who, level, start, end)
            if rng.random() < who.left_open:  # over the pause or the night, unattended
                self._open(end, end + rng.randrange(60, 600))

    def _open(self, start: int, end: int) -> None:
        for minute in range(max(0, start), min(end, len(self.is_open))):
            self.is_open[minute] = 1

    def _work(self, who: Habit, level: float, start: int, end: int) -> None:
        """One session: bursts and pauses."""
        rng, minute = self.rng, start + self.rng.expovariate(1 / who.pause_min)
        while minute < end:
            pause = minute + 1 + rng.expovariate(1 / who.burst_min)
            rate = who.rate / 60 * level * rng.lognormvariate(0, who.burst_spread)
            for at in range(max(0, int(minute)), min(int(pause), end, len(self.spent))):
                self.spent[at] += rate
            minute = pause + rng.expovariate(1 / who.pause_min)


def month(seed: int) -> Month:
    """Yield the months of this seed.

    One user in four changes habits on the way; good and bad weeks come and go.
    """
    rng = random.Random(seed)
    habit = rng.choice(PEOPLE)
    later = rng.choice(PEOPLE) if rng.random() < 0.25 else habit
    changes_on = rng.randrange(14, DAYS)
    scale, offset_min, phase_min = (
        rng.lognormvariate(-0.15, 0.3),
        rng.randrange(0, DAY_MIN, 60),
        rng.randrange(WEEK_MIN),
    )
    week_share = rng.uniform(0.07, 0.16)
    meters = [
        Meter("session", "Session", 1.0, 0),
        Meter("weekly_all", "All models", week_share, phase_min),
    ]
    if rng.random() < 0.4:
        meters.append(Meter("weekly_scoped", "Opus", week_share * rng.uniform(0.7, 1.5), phase_min))
    plan, level = Plan(rng), 1.0
    for day in range(DAYS):
        who = habit if day < changes_on else later
        level = level**0.9 * rng.lognormvariate(0, 0.12)
        plan.add_day(who, day, scale * level * rng.lognormvariate(0, who.day_spread), offset_min)
    readings = _live(plan, meters, whole=rng.random() < 0.5)
    name = habit.name if later is habit else f"{habit.name}, then {later.name}"
    return Month(seed, name, readings, [window for meter in meters for window in meter.windows])


def _live(plan: Plan, meters: list[Meter], *, whole: bool) -> list[Reading]:
    """Let the service count, and read it while Claude Code is open."""
    rng, readings = plan.rng, []
    next_at, was_open, away_until = 0, False, 0
    banked = {rng.randrange(len(plan.spent)) for _ in range(rng.choice((0, 0, 1, 2)))}
    for minute, wanted in enumerate(plan.spent):
        if (
            _count(meters, wanted, minute) and rng.random() < 0.5
        ):  # half of the time one leaves when a limit is reached
            away_until = minute + rng.randrange(30, 240)
        if minute in banked:
            for meter in rng.choice((meters, meters[:1], meters[1:])):
                meter.take_back(minute)
        is_open = bool(plan.is_open[minute]) and minute >= away_until
        at = FIRST_DAY + minute * 60
        if is_open and (not was_open or at >= next_at):
            next_at = at + rng.randrange(270, 331)
            if rng.random() > 0.04:
                readings.append(_look(rng, meters, at + rng.randrange(30, 60), whole=whole))
            elif rng.random() < 0.1:  # offline for a while
                next_at = at + rng.randrange(600, 7200)
        was_open = is_open
    return readings


def _count(meters: list[Meter], wanted: float, minute: int) -> bool:
    """One minute of the service's; whether a limit was reached that stops all work."""
    for meter in meters:
        meter.roll(minute, spending=wanted > 0)
    if wanted <= 0 or any(meter.stops for meter in meters):
        return False
    for meter in meters:
        meter.spend(wanted, minute)
    return any(meter.stops for meter in meters)


def _look(rng: random.Random, meters: list[Meter], at: int, *, whole: bool) -> Reading:
    """Return what usageline would read.

    A percentage is sometimes unknown, a reset sometimes a second later.
    """
    limits = []
    for meter in meters:
        used = float(int(meter.used)) if whole else round(meter.used, 2)
        resets_at = (
            None if meter.window is None else meter.window.resets_at + rng.choice((0, 0, 0, 1))
        )
        limits.append(
            Limit(meter.kind, meter.label, None if rng.random() < 0.01 else used, resets_at)
        )
    return Reading(tuple(limits), (), "oauth", at)
