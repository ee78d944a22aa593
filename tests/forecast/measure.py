"""How a forecast does over simulated months, by the same measure for ours and for the straight line.

A window is what `service.Window` says, watched through usageline's readings before the limit was reached. One that a banked reset cut before it
was reached is left out: nobody can tell what would have come of it. An *alarm* is a reading at which a forecast says that the limit is reached
before the reset. Then, for either forecast:

false alarms   of the windows whose limit was not reached, those with any alarm; and of their readings, those with an alarm
misses         of the windows whose limit was reached, those where the lead was less than ENOUGH_S
lead           from the start of the alarm that then stood until the limit was reached, 0 where there was none. An alarm stands through a quiet
               spell of at most SPELL_S, from its first to its last reading. Readings at which nothing had been used for IDLE_S neither hold an
               alarm nor end it: nothing is coming nearer, and a forecast may say so by its silence
error          at alarms in windows whose limit was reached: between the moment forecast and the true one
shared error   the same over the readings at which both forecasts gave an alarm, so that neither is measured on the easier ones
coverage       of our alarms in windows whose limit was reached, those whose range held the true moment
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from usageline.line.view import LENGTH_S
from usageline.usage.forecast import History

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecast.months import Month
    from forecast.service import Window
    from usageline.usage.model import Limit

OURS, STRAIGHT = "ours", "straight line"
KINDS = {"session": "session", "weekly_all": "weekly", "weekly_scoped": "weekly"}
IDLE_S = {"session": 1800, "weekly": 12 * 3600}
SPELL_S = {"session": 1200, "weekly": 6 * 3600}
ENOUGH_S = {"session": 900, "weekly": 4 * 3600}


class Look(NamedTuple):
    """One reading of one limit: when, what each forecast said (epoch s, None no alarm), our range, and whether it was in use."""

    at: int
    said: dict[str, float | None]
    span: tuple[int, int] | None
    in_use: bool


@dataclass
class Watched:
    """A window and the looks at it, oldest first, before its limit was reached."""

    kind: str
    reached_at: int | None
    looks: list[Look] = field(default_factory=list)


@dataclass
class Score:
    """What one forecast did for one kind of window. Times in minutes."""

    unreached: int
    reached: int
    false_alarms: float
    false_readings: float
    misses: float
    lead: float
    error: float
    shared_error: float
    coverage: float


def straight_line(limit: Limit, at: int) -> float | None:
    """When 100 % is reached at the window's mean rate so far, if that is before the reset: what others show."""
    if not limit.percent or limit.resets_at is None:
        return None
    starts_at = limit.resets_at - LENGTH_S[limit.kind]
    reached_at = starts_at + (at - starts_at) * 100 / limit.percent
    return reached_at if reached_at < limit.resets_at else None


def watch(month: Month) -> list[Watched]:
    """Every window of the month as both forecasts saw it."""
    history = History()
    windows: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for window in month.windows:
        windows[window.kind, window.label].append(window)
    current: Counter[tuple[str, str]] = Counter()
    watched: dict[int, Watched] = {}
    rose: dict[tuple[str, str], tuple[float, int]] = {}
    for bare in month.readings:
        reading = history.forecast(bare)
        for limit in reading.limits:
            if limit.percent is None or limit.resets_at is None:
                continue
            key = (limit.kind, limit.label)
            percent, rose_at = rose.get(key, (limit.percent, 0))
            rose_at = reading.observed_at if limit.percent > percent else rose_at
            rose[key] = limit.percent, rose_at
            while windows[key][current[key] + 1 :] and windows[key][current[key] + 1].from_at < reading.observed_at - 60:
                current[key] += 1
            window = windows[key][current[key]]
            at, kind = reading.observed_at, KINDS[limit.kind]
            if window.cut_at is not None and window.reached_at is None:
                continue
            if limit.percent < 100 and at < window.resets_at and (window.reached_at is None or at < window.reached_at):
                said = {OURS: limit.exhausts_at, STRAIGHT: straight_line(limit, at)}
                span = (limit.exhausts_from, limit.exhausts_to) if limit.exhausts_from and limit.exhausts_to else None
                seen = watched.setdefault(id(window), Watched(kind, window.reached_at))
                seen.looks.append(Look(at, said, span, at - rose_at <= IDLE_S[kind]))
    return list(watched.values())


def lead_s(window: Watched, forecast: str) -> int:
    """How long the alarm stood that stood when the limit was reached, in seconds."""
    began = quiet_since = None
    for look in window.looks:
        if look.in_use and look.said[forecast] is not None:
            began, quiet_since = look.at if began is None else began, None
        elif look.in_use:
            quiet_since = look.at if quiet_since is None else quiet_since
            if look.at - quiet_since > SPELL_S[window.kind]:
                began = None
    return 0 if began is None or window.reached_at is None else window.reached_at - began


def score(watched: Iterable[Watched], kind: str, forecast: str) -> Score:
    """The measures of one forecast over the windows of one kind."""
    ours = [window for window in watched if window.kind == kind]
    unreached, reached = [w for w in ours if w.reached_at is None], [w for w in ours if w.reached_at is not None]
    alarmed = [[look.said[forecast] is not None for look in window.looks] for window in unreached]
    leads = [lead_s(window, forecast) for window in reached]
    alarms = [(look, window.reached_at or 0) for window in reached for look in window.looks if look.said[forecast] is not None]
    errors = [(abs((look.said[forecast] or 0) - at) / 60, None not in look.said.values()) for look, at in alarms]
    held = [look.span[0] <= at <= look.span[1] for look, at in alarms if look.span is not None]
    return Score(
        unreached=len(unreached),
        reached=len(reached),
        false_alarms=_share(any(looks) for looks in alarmed),
        false_readings=_share(alarm for looks in alarmed for alarm in looks),
        misses=_share(lead < ENOUGH_S[kind] for lead in leads),
        lead=median(leads) / 60,
        error=median(error for error, _ in errors),
        shared_error=median(error for error, shared in errors if shared),
        coverage=_share(held),
    )


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / max(1, len(found))
