"""Measure forecasts over simulated months: usageline's and the straight line.

A window (`service.Window`) is watched through usageline's readings before its limit was reached.
One that a banked reset cut before is left out: how it would have ended is unknown.

An *alarm* is a reading whose forecast is that the limit is reached before the reset. For the
straight line that is if it crosses 100% before, for usageline from a chance on.

An *episode* is a run of alarms in one window; a quiet spell of at most SPELL_S does not end it.
Readings after IDLE_S without use neither prolong an episode nor end it: the end comes no nearer
then, and a forecast may drop it.

precision      of the alarms, those in windows whose limit was then reached: by episode, by reading
right          of all readings, those with an alarm in a window whose limit was then reached, or
               without one in another
false alarms   of the windows whose limit was not reached, those with any alarm
a week         episodes in windows whose limit was not reached, for each user and week watched
misses         of the windows whose limit was reached, those with a lead below ENOUGH_S
lead           how long the current episode had lasted when the limit was reached, 0 if none did
error          at alarms in windows whose limit was reached: between the forecast and the truth
shared error   the same over the readings at which both forecasts gave an alarm, so that neither
               is measured on the easier ones
coverage       of usageline's alarms in windows whose limit was reached, those whose range
               contained the true moment
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from usageline.core.windows import LENGTH_S
from usageline.usage.forecast import History

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.forecast.months import Month
    from tests.forecast.service import Window
    from usageline.usage.model import Limit, Reading

STRAIGHT = 0.0
"""In place of a chance from which usageline gives an alarm: the straight line's alarms."""
KINDS = {"session": "session", "weekly_all": "weekly", "weekly_scoped": "weekly"}
IDLE_S = {"session": 1800, "weekly": 12 * 3600}
SPELL_S = {"session": 1200, "weekly": 6 * 3600}
ENOUGH_S = {"session": 900, "weekly": 4 * 3600}
DAY_S, WEEK_S = 86400, 7 * 86400
JUDGED = 2
"""Every second reading is judged; usageline sees all of them. That takes half the time."""
INSTALLS = 4
"""Installs a month, at random moments, to measure forecasts for unknown users."""


class Look(NamedTuple):
    """One reading of one limit, and whether the limit was in use.

    It has the straight line's moment (epoch s, None for no alarm), and usageline's chance, moment
    and range.
    """

    at: int
    straight: float | None
    chance: float | None
    likely: int | None
    span: tuple[int, int] | None
    in_use: bool

    def is_alarm(self, threshold: float) -> bool:
        """Return whether a forecast gives an alarm: from this chance on, or by STRAIGHT."""
        if threshold == STRAIGHT:
            return self.straight is not None
        return self.chance is not None and self.chance >= threshold


@dataclass
class Watched:
    """A window and its readings, oldest first, before its limit was reached."""

    kind: str
    reached_at: int | None
    looks: list[Look] = field(default_factory=list)


@dataclass
class Seen:
    """What was watched of some users: the windows, and for how long in all."""

    windows: list[Watched] = field(default_factory=list)
    looked_s: float = 0

    def add(self, other: Seen) -> None:
        """Add what was watched of others."""
        self.windows += other.windows
        self.looked_s += other.looked_s

    def of_kind(self, kind: str) -> list[Watched]:
        """Return the windows of one kind."""
        return [window for window in self.windows if window.kind == kind]


@dataclass
class Score:
    """What one forecast did for one kind of window. Shares are 0 to 1, times in minutes."""

    unreached: int
    reached: int
    precision: float
    of_readings: float
    right: float
    false_alarms: float
    a_week: float
    misses: float
    lead: float
    error: float
    shared_error: float
    coverage: float


def straight_line(limit: Limit, at: int) -> float | None:
    """Return when 100% is reached at the window's mean rate so far, if before the reset.

    This is what other programs show.
    """
    if not limit.percent or limit.resets_at is None:
        return None
    starts_at = limit.resets_at - LENGTH_S[limit.kind]
    reached_at = starts_at + (at - starts_at) * 100 / limit.percent
    return reached_at if reached_at < limit.resets_at else None


def watch(month: Month) -> Seen:
    """Return every window of the month as both forecasts saw it, watched from its first day."""
    return _watch(month, month.readings)


def watch_installs(month: Month) -> tuple[Seen, Seen]:
    """Return what both forecasts saw in the first day and week after installs at random moments."""
    rng, day, week = random.Random(month.seed), Seen(), Seen()
    for _ in range(INSTALLS):
        first = rng.randrange(len(month.readings))
        installed_at = month.readings[first].observed_at
        readings = [
            reading
            for reading in month.readings[first:]
            if reading.observed_at <= installed_at + WEEK_S
        ]
        watched = _watch(month, readings)
        week.add(watched)
        day.add(_until(watched, installed_at + DAY_S, installed_at))
    return day, week


def _until(watched: Seen, end_at: int, began_at: int) -> Seen:
    """Return only what was watched until `end_at`.

    A limit that is reached later is still a true alarm, but cannot be missed yet.
    """
    cut = [
        replace(window, looks=[look for look in window.looks if look.at <= end_at])
        for window in watched.windows
    ]
    return Seen(
        [window for window in cut if window.looks], min(watched.looked_s, end_at - began_at)
    )


def _watch(month: Month, readings: Sequence[Reading]) -> Seen:
    history = History()
    windows: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for window in month.windows:
        windows[window.kind, window.label].append(window)
    starts = {key: [window.from_at for window in runs] for key, runs in windows.items()}
    watched: dict[int, Watched] = {}
    rose: dict[tuple[str, str], tuple[float, int]] = {}
    for count, bare in enumerate(readings):
        if count % JUDGED:
            history.add(bare)
            continue
        at = bare.observed_at
        for limit in history.forecast(bare).limits:
            if limit.percent is None or limit.resets_at is None:
                continue
            key, kind = (limit.kind, limit.label), KINDS[limit.kind]
            percent, rose_at = rose.get(key, (limit.percent, 0))
            rose_at = at if limit.percent > percent else rose_at
            rose[key] = limit.percent, rose_at
            window = windows[key][max(0, bisect_left(starts[key], at - 60) - 1)]
            is_cut = window.cut_at is not None and window.reached_at is None
            is_open = (
                limit.percent < 100
                and at < window.resets_at
                and (window.reached_at is None or at < window.reached_at)
            )
            if is_open and not is_cut:
                span = (
                    (limit.exhausts_from, limit.exhausts_to)
                    if limit.exhausts_from and limit.exhausts_to
                    else None
                )
                look = Look(
                    at,
                    straight_line(limit, at),
                    limit.chance,
                    limit.exhausts_at,
                    span,
                    at - rose_at <= IDLE_S[kind],
                )
                watched.setdefault(id(window), Watched(kind, window.reached_at)).looks.append(look)
    return Seen(list(watched.values()), readings[-1].observed_at - readings[0].observed_at)


def episodes(window: Watched, threshold: float) -> list[tuple[int, bool]]:
    """Return when each episode of alarms began, and whether it stood at the last reading."""
    began: list[tuple[int, bool]] = []
    is_standing, quiet_since = False, None
    for look in window.looks:
        if look.in_use and look.is_alarm(threshold):
            if not is_standing:
                began.append((look.at, True))
            is_standing, quiet_since = True, None
        elif look.in_use and is_standing:
            quiet_since = look.at if quiet_since is None else quiet_since
            if look.at - quiet_since > SPELL_S[window.kind]:
                is_standing = False
                began[-1] = (began[-1][0], False)
    return began


def score(watched: Seen, kind: str, threshold: float, *, within: bool = False) -> Score:
    """Return the measures of one forecast over the windows of one kind.

    `within`: only a part of each window was watched. Then only limits that were reached soon after
    the last reading can have been missed.
    """
    windows = watched.of_kind(kind)
    unreached, reached = (
        [w for w in windows if w.reached_at is None],
        [w for w in windows if w.reached_at is not None],
    )
    false = [episodes(window, threshold) for window in unreached]
    true = [episodes(window, threshold) for window in reached]
    readings = [
        window.reached_at is not None
        for window in windows
        for look in window.looks
        if look.is_alarm(threshold)
    ]
    right = [
        look.is_alarm(threshold) is (window.reached_at is not None)
        for window in windows
        for look in window.looks
    ]
    leads = [
        (window.reached_at or 0) - runs[-1][0] if runs and runs[-1][1] else 0
        for window, runs in zip(reached, true, strict=True)
        if not within or (window.reached_at or 0) - window.looks[-1].at < DAY_S / 8
    ]
    errors, held = [], []
    for window in reached:
        for look in window.looks:
            moment = look.straight if threshold == STRAIGHT else look.likely
            if moment is None or window.reached_at is None or not look.is_alarm(threshold):
                continue
            errors.append(
                (
                    abs(moment - window.reached_at) / 60,
                    look.straight is not None and look.likely is not None,
                )
            )
            if look.span is not None:
                held.append(look.span[0] <= window.reached_at <= look.span[1])
    false_episodes, true_episodes = sum(map(len, false)), sum(map(len, true))
    return Score(
        unreached=len(unreached),
        reached=len(reached),
        precision=true_episodes / max(1, false_episodes + true_episodes),
        of_readings=_share(readings),
        right=_share(right),
        false_alarms=_share(bool(runs) for runs in false),
        a_week=false_episodes / max(1.0, watched.looked_s / WEEK_S),
        misses=_share(lead < ENOUGH_S[kind] for lead in leads),
        lead=_median(lead / 60 for lead in leads),
        error=_median(error for error, _ in errors),
        shared_error=_median(error for error, is_shared in errors if is_shared),
        coverage=_share(held),
    )


def reliability(watched: Seen, kind: str) -> list[tuple[int, float, float]]:
    """Return for each tenth of chance: how many readings, and their mean chance.

    The third value is the share whose limit was then reached.
    """
    tenths: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for window in watched.of_kind(kind):
        for look in window.looks:
            if look.chance is not None:
                tenths[min(9, int(look.chance * 10))].append(
                    (look.chance, window.reached_at is not None)
                )
    return [
        (
            len(rows),
            sum(c for c, _ in rows) / max(1, len(rows)),
            _share(reached for _, reached in rows),
        )
        for rows in tenths
    ]


def _share(values: Iterable[bool]) -> float:
    rows = list(values)
    return sum(rows) / max(1, len(rows))


def _median(values: Iterable[float]) -> float:
    rows = list(values)
    return median(rows) if rows else 0.0
