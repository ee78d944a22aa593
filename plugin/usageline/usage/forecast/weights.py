"""The numbers that the forecast rests on, chosen on the tuning seeds of tests/forecast/table.py and on no others. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """One kind of window. `_s` seconds, `_h` hours, points are percentage points.

    Quiet: `least_s` since the window's start, `least_percent` used, and a rise within `idle_s`.
    Of late: rises count with a time constant of `late_s`, and give way to the usual with one of `gives_way_s`.
    Usual: a day counts `day_decay` of the one after it, a week `week_decay`; the mean over days weighs `day_weight` of a week; this window's own
    mean, times `goes_on`, counts like `otherwise_days` of history. `level_*`: how the last hours (half-life `level_h`) compare with the usual;
    `level_points` stand against chance, `level_power` says how much of it is believed.
    Spread, as standard deviations of the logarithm of the use to come: `spread`, `spread_new` more without history (half of that after a day),
    and `grain`, the points of one piece of work: the less is to come, the more it depends on a single one.
    Said: from a chance of `say`; where it was said at the last reading, or before an idle time, no longer than `stands_s` ago, down to a chance of `keep`.
    """

    step_s: int
    least_s: int
    least_percent: float
    idle_s: int
    late_s: float
    gives_way_s: float
    day_decay: float
    week_decay: float
    day_weight: float
    goes_on: float
    otherwise_days: float
    level_h: float
    level_points: float
    level_power: float
    spread: float
    spread_new: float
    grain: float
    say: float
    keep: float
    stands_s: int


SESSION = Weights(
    step_s=600,
    least_s=120,
    least_percent=2,
    idle_s=1800,
    late_s=3600,
    gives_way_s=3 * 3600,
    day_decay=0.85,
    week_decay=0.7,
    day_weight=1,
    goes_on=0.8,
    otherwise_days=2,
    level_h=36,
    level_points=10,
    level_power=0.7,
    spread=0.4,
    spread_new=0.5,
    grain=10,
    say=0.32,
    keep=0.12,
    stands_s=3 * 3600,
)
WEEKLY = Weights(
    step_s=3600,
    least_s=4 * 3600,
    least_percent=4,
    idle_s=12 * 3600,
    late_s=3 * 3600,
    gives_way_s=2 * 3600,
    day_decay=0.85,
    week_decay=0.9,
    day_weight=4,
    goes_on=0.8,
    otherwise_days=1,
    level_h=36,
    level_points=20,
    level_power=0.4,
    spread=0.6,
    spread_new=1,
    grain=0,
    say=0.45,
    keep=0.22,
    stands_s=12 * 3600,
)
WEIGHTS = {"session": SESSION, "weekly_all": WEEKLY, "weekly_scoped": WEEKLY}
