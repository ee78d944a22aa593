"""The numbers that the forecast rests on, chosen on the tuning seeds of tools/forecast_table.py and on no others. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Odds:
    """A logistic regression: how much each of the signs counts for a user who is known, and with `_new` how much more for a new one."""

    base: float
    course: float
    alike: float
    base_new: float
    course_new: float

    def chance(self, signs: Signs) -> float:
        """Return the chance of reaching the limit, 0 to 1."""
        odds = self.base + self.course * signs.course + self.alike * signs.alike
        odds += signs.new * (self.base_new + self.course_new * signs.course)
        return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


@dataclass(frozen=True, slots=True)
class Weights:
    """One kind of window. `_s` seconds, `_h` hours, points are percentage points.

    Quiet: `least_s` since the window's start, `least_percent` used, a rise within `idle_s`, and usageline has looked for `looked_s`.
    Of late: rises count with a time constant of `late_s`, and give way to the usual with one of `gives_way_s`.
    Usual: a day counts `day_decay` of the one after it, a week `week_decay`; the mean over days weighs `day_weight` of a week; this window's own
    mean, times `goes_on`, counts like `otherwise_days` of history. `level_*`: how the last hours (half-life `level_h`) compare with the usual;
    `level_points` stand against chance, `level_power` says how much of it is believed.
    The chance: `odds`.
    When: spread, as standard deviations of the logarithm of the use to come: `spread`, `spread_new` more without history (half of that after a day),
    and `grain`, the points of one piece of work: the less is left, the more it depends on a single one.
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
    looked_s: int
    odds: Odds


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
    spread=0.5,
    spread_new=0.5,
    grain=3,
    looked_s=20 * 60,
    odds=Odds(base=-0.2, course=1.05, alike=0.55, base_new=-0.2, course_new=0.35),
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
    grain=2,
    looked_s=4 * 3600,
    odds=Odds(base=-0.35, course=1.6, alike=0.35, base_new=-0.1, course_new=-0.15),
)
WEIGHTS = {"session": SESSION, "weekly_all": WEEKLY, "weekly_scoped": WEEKLY}


class Signs(NamedTuple):
    """What the chance is made from.

    `course`  the use to come over what is left, as a logarithm
    `alike`   the past hours like this one in which as much was used, over those in which it was not, as a logarithm
    `new`     1 for a new user, towards 0 with the hours that usageline has looked
    """

    course: float
    alike: float
    new: float
