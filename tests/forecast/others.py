"""Simulate users of another kind from a seed: an independent check of `months.py`.

They share only the service. Use comes as single prompts that provoke further prompts (a Hawkes
process) and cost heavy-tailed amounts, and as agents that run on alone.

Days have meetings in them, weeks have shifts. People have holidays, use several machines, change
plans, and slow down when they see the number. Readings are taken on one of the machines only,
mostly whole, with gaps.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.forecast.months import DAY_MIN, DAYS, Month
from tests.forecast.service import FIRST_DAY, WEEK_MIN, Meter
from usageline.usage.model import Limit, Reading

MONDAY_TO_FRIDAY, WEEKEND = (0, 1, 2, 3, 4), (5, 6)
MAX_RATE = 0.6
"""Prompts a minute at most, however much one provokes the next."""
REGIMES = {"slack": 0.35, "normal": 1.0, "crunch": 1.9}
"""How much more or less work there is; a regime lasts for days."""


@dataclass(frozen=True)
class Role:
    """How a user's life is shaped.

    days       those worked in a week
    blocks     spans of a day in local minutes
    meetings   cut out of them a day on average
    prompts_h  spontaneous prompts in an hour
    provoked   further prompts that each provokes
    cost       points of the 5-hour limit of a median prompt
    tail       the exponent of the Pareto tail (less is heavier)
    agents     the chance of an unattended run after a block
    shifts     whether weeks rotate by eight hours
    """

    name: str
    days: tuple[int, ...]
    blocks: tuple[tuple[int, int], ...]
    meetings: float
    prompts_h: float
    provoked: float
    cost: float
    tail: float
    agents: float = 0.0
    shifts: bool = False


ROLES = (
    Role("employee with meetings", MONDAY_TO_FRIDAY, ((540, 1080),), 3.0, 4, 0.6, 0.8, 2.2),
    Role(
        "employee, deep work", MONDAY_TO_FRIDAY, ((510, 720), (780, 1050)), 0.7, 6, 0.75, 0.9, 2.0
    ),
    Role("part-time", (0, 1, 3), ((540, 840),), 0.5, 5, 0.7, 1.2, 1.8),
    Role("weekend builder", WEEKEND, ((600, 780), (840, 1320)), 0.0, 6, 0.7, 1.3, 1.9),
    Role(
        "student", (0, 2, 3, 4, 6), ((660, 760), (960, 1100), (1260, 1440)), 0.3, 4, 0.8, 1.4, 1.6
    ),
    Role("on shifts", (0, 1, 2, 3, 5), ((360, 840),), 0.5, 4, 0.65, 0.9, 2.0, shifts=True),
    Role(
        "manager, short visits",
        MONDAY_TO_FRIDAY,
        ((480, 540), (720, 780), (1020, 1110)),
        0.5,
        5,
        0.5,
        1.5,
        1.5,
    ),
    Role(
        "freelancer with agents",
        (0, 1, 2, 3, 4, 5),
        ((600, 1140),),
        0.5,
        3,
        0.6,
        1.0,
        1.8,
        agents=0.7,
    ),
    Role("agents overnight", MONDAY_TO_FRIDAY, ((540, 1020),), 1.5, 3, 0.5, 0.8, 2.0, agents=0.95),
)


@dataclass
class Traits:
    """What one user is like, drawn once: factors of the role's, and habits that have no mean."""

    scale: float
    offset_min: int
    elsewhere: float
    brake_at: float
    caution: float
    whole: bool
    outages_day: float
    holiday: range
    plan_change: tuple[int, float]


@dataclass
class Life:
    """Return by the minute whether the user is there, on which machine, and what agents use.

    Machine 1 has usageline.
    """

    present: bytearray = field(default_factory=lambda: bytearray(DAYS * DAY_MIN))
    here: bytearray = field(default_factory=lambda: bytearray(DAYS * DAY_MIN))
    agents: list[float] = field(default_factory=lambda: [0.0] * (DAYS * DAY_MIN))
    demand: list[float] = field(default_factory=lambda: [1.0] * DAYS)


def other_month(seed: int) -> Month:
    """The weeks of this seed's user."""
    rng = random.Random(f"others-{seed}")
    role = rng.choice(ROLES)
    traits = _traits(rng)
    week_share = rng.uniform(0.08, 0.26)
    phase_min = rng.randrange(WEEK_MIN)
    meters = [
        Meter("session", "Session", 1.0, 0),
        Meter("weekly_all", "All models", week_share, phase_min),
    ]
    if rng.random() < 0.3:
        meters.append(
            Meter("weekly_scoped", "Fable", week_share * rng.uniform(0.6, 1.8), phase_min)
        )
    life = _life(rng, role, traits)
    readings = _live(rng, role, traits, life, meters)
    return Month(
        seed, role.name, readings, [window for meter in meters for window in meter.windows]
    )


def _traits(rng: random.Random) -> Traits:
    leave_on = rng.randrange(7, DAYS)
    change_on = rng.randrange(5, DAYS) if rng.random() < 0.2 else DAYS
    return Traits(
        scale=rng.lognormvariate(0.4, 0.5),
        offset_min=rng.randrange(0, DAY_MIN, 30),
        elsewhere=rng.choice((0.0, 0.0, 0.15, 0.4)),
        brake_at=rng.uniform(65, 97),
        caution=rng.choice((0.0, 0.3, 0.7, 0.95)),
        whole=rng.random() < 0.8,
        outages_day=rng.choice((0.1, 0.4, 1.5)),
        holiday=range(leave_on, leave_on + rng.randrange(4, 15))
        if rng.random() < 0.4
        else range(0),
        plan_change=(change_on * DAY_MIN, rng.choice((0.25, 0.5, 2.0, 4.0))),
    )


def _life(rng: random.Random, role: Role, traits: Traits) -> Life:
    life, regime = Life(), "normal"
    for day in range(DAYS):
        if rng.random() < 0.15:
            regime = rng.choice(tuple(REGIMES))
        life.demand[day] = REGIMES[regime] * rng.lognormvariate(0, 0.25)
        works = (day % 7 in role.days and rng.random() < 0.9) or rng.random() < 0.06
        if not works or day in traits.holiday:
            continue
        shift_min = 480 * (day // 7 % 3) if role.shifts else 0
        for first, last in role.blocks:
            start = (
                day * DAY_MIN
                + traits.offset_min
                + shift_min
                + first
                + round(rng.triangular(-60, 90, 0))
            )
            end = start + round((last - first) * rng.triangular(0.3, 1.3, 1.0))
            _fill(life.present, start, end, 1)
            _fill(life.here, start, end, int(rng.random() >= traits.elsewhere))
            for _ in range(_poisson(rng, role.meetings * (last - first) / 480)):
                at = rng.randrange(start, max(start + 1, end))
                _fill(life.present, at, at + rng.choice((15, 30, 30, 60, 90)), 0)
            if rng.random() < role.agents:
                length_min = min(600, round(20 * rng.paretovariate(0.9)))
                burn = 0.25 * traits.scale * rng.lognormvariate(0, 0.6)
                for minute in range(max(0, end), min(end + length_min, len(life.agents))):
                    life.agents[minute] += burn
                if rng.random() < 0.6:  # the client stays open, so readings go on
                    _fill(life.here, end, end + length_min, 1)
    return life


def _live(
    rng: random.Random, role: Role, traits: Traits, life: Life, meters: list[Meter]
) -> list[Reading]:
    """Let prompts come and the service count, and read it on the machine that has usageline."""
    readings: list[Reading] = []
    excited, running = 0.0, [0.0] * 40
    shown, left_until, next_at, offline_until, was_here = 0.0, 0, 0, 0, False
    for minute in range(DAYS * DAY_MIN):
        at = FIRST_DAY + minute * 60
        if minute == traits.plan_change[0]:
            _rescale(meters, traits.plan_change[1], minute)
        points, running[minute % 40] = life.agents[minute] + running[minute % 40], 0.0
        excited *= 0.9
        if life.present[minute] and minute >= left_until:
            demand = life.demand[minute // DAY_MIN]
            if shown >= traits.brake_at:
                demand *= 1 - traits.caution
            if rng.random() < min(MAX_RATE, demand * role.prompts_h / 60 + excited):
                excited += 0.1 * role.provoked
                # The median prompt costs `cost`; a few cost many times that and run on for long.
                cost = min(
                    25.0,
                    role.cost * traits.scale * rng.paretovariate(role.tail) / 2 ** (1 / role.tail),
                )
                length_min = min(39, 1 + round(rng.expovariate(0.4) + cost))
                for later in range(length_min):
                    running[(minute + 1 + later) % 40] += cost / length_min
        if _count(meters, points, minute):
            left_until = minute + rng.choice((0, 30, 90, 240, 480))
            excited, running = 0.0, [0.0] * 40
        is_here = bool(life.here[minute])
        if rng.random() < traits.outages_day / DAY_MIN:
            offline_until = at + round(600 * rng.paretovariate(1.0))
        if is_here and at >= offline_until and (not was_here or at >= next_at):
            next_at = at + rng.randrange(270, 331)
            readings.append(_read(rng, meters, at + rng.randrange(60), whole=traits.whole))
            shown = readings[-1].limits[0].percent or 0.0
        was_here = is_here
    return readings


def _count(meters: list[Meter], points: float, minute: int) -> bool:
    """Count one minute's use; return whether that reached a limit which stops all work."""
    for meter in meters:
        meter.roll(minute, spending=points > 0)
    if points <= 0 or any(meter.stops for meter in meters):
        return False
    for meter in meters:
        meter.spend(points, minute)
    return any(meter.stops for meter in meters)


def _rescale(meters: list[Meter], factor: float, minute: int) -> None:
    """Change the plan: what was used, and what will be, is another share of the limits."""
    for meter in meters:
        meter.share *= factor
        used, meter.used = meter.used, 0.0
        if meter.window is not None and used:
            meter.spend(used * factor / meter.share, minute)


def _read(rng: random.Random, meters: list[Meter], at: int, *, whole: bool) -> Reading:
    """What usageline reads at that moment."""
    limits = []
    for meter in meters:
        used = float(int(meter.used + 1e-9)) if whole else round(meter.used, 2)
        resets_at = None if meter.window is None else meter.window.resets_at + rng.choice((0, 0, 1))
        limits.append(Limit(meter.kind, meter.label, used, resets_at))
    return Reading(tuple(limits), (), "oauth", at)


def _fill(minutes: bytearray, start: int, end: int, value: int) -> None:
    first, last = max(0, start), min(end, len(minutes))
    if last > first:
        minutes[first:last] = bytes([value]) * (last - first)


def _poisson(rng: random.Random, mean: float) -> int:
    """A Poisson number, by the time between arrivals."""
    count, at = 0, rng.expovariate(1.0)
    while at < mean:
        count, at = count + 1, at + rng.expovariate(1.0)
    return count
