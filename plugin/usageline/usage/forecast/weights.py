"""The parameters of the forecast. Pure.

They were chosen on the tuning seeds of tools/forecast_table.py and on no others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Odds:
    """A logistic regression: the weight of each sign for a known user.

    The `_new` weights are added for a new user.
    """

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
    """The parameters of one kind of window. `_s` seconds, `_h` hours; points are percentage points.

    Quiet unless: `min_elapsed_s` since the window's start, `min_percent` used, a rise within
    `idle_s`, and `watched_s` of watching.

    Recent use: rises decay with a time constant of `recent_s`, and the recent rate decays to the
    usual one with `recent_decay_s`.

    Usual use: a day weighs `day_decay` of the one after it, a week `week_decay`; the mean over days
    weighs `day_weight` of a week. The window's own mean, times `continues`, counts like
    `prior_days` of history.

    Trend: the last hours (half-life `trend_h`) compared with the usual. `trend_points` damp it,
    `trend_power` is how much of it is trusted.

    Chance: `odds`. Time: the spread is in standard deviations of the logarithm of the expected use.
    It is `spread`, plus `spread_new` without history (half of that after a day), and `grain`, the
    points of one piece of work.
    """

    step_s: int
    min_elapsed_s: int
    min_percent: float
    idle_s: int
    recent_s: float
    recent_decay_s: float
    day_decay: float
    week_decay: float
    day_weight: float
    continues: float
    prior_days: float
    trend_h: float
    trend_points: float
    trend_power: float
    spread: float
    spread_new: float
    grain: float
    watched_s: int
    odds: Odds


SESSION = Weights(
    step_s=600,
    min_elapsed_s=120,
    min_percent=2,
    idle_s=1800,
    recent_s=3600,
    recent_decay_s=3 * 3600,
    day_decay=0.85,
    week_decay=0.7,
    day_weight=1,
    continues=0.8,
    prior_days=2,
    trend_h=36,
    trend_points=10,
    trend_power=0.7,
    spread=0.5,
    spread_new=0.5,
    grain=3,
    watched_s=20 * 60,
    odds=Odds(base=-0.2, course=1.05, alike=0.55, base_new=-0.2, course_new=0.35),
)
WEEKLY = Weights(
    step_s=3600,
    min_elapsed_s=4 * 3600,
    min_percent=4,
    idle_s=12 * 3600,
    recent_s=3 * 3600,
    recent_decay_s=2 * 3600,
    day_decay=0.85,
    week_decay=0.9,
    day_weight=4,
    continues=0.8,
    prior_days=1,
    trend_h=36,
    trend_points=20,
    trend_power=0.4,
    spread=0.6,
    spread_new=1,
    grain=2,
    watched_s=4 * 3600,
    odds=Odds(base=-0.35, course=1.6, alike=0.35, base_new=-0.1, course_new=-0.15),
)
WEIGHTS = {"session": SESSION, "weekly_all": WEEKLY, "weekly_scoped": WEEKLY}


class Signs(NamedTuple):
    """What the chance is computed from.

    `course`  the expected use over what is left, as a logarithm
    `alike`   past hours like this one with as much use, over those with less, as a logarithm
    `new`     1 for a new user, towards 0 with the hours of watching
    """

    course: float
    alike: float
    new: float
