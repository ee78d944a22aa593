"""The pipeline from a source's reading to what is published and remembered. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.usage import alerts, plausibility
from usageline.usage.credits import with_reset_date
from usageline.usage.forecast import with_forecast
from usageline.usage.plausibility import confirm, flag_decreases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading
    from usageline.usage.plausibility import Unconfirmed


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide: `ttl_s` of a reading, and the alerts' `thresholds` and `kinds`."""

    ttl_s: float
    thresholds: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Previous:
    """What earlier readings of the account left.

    reading      the last one, with its forecasts
    last_good    the same if it belongs to the sign-in of now, else None
    unconfirmed  percentages that wait for a second reading
    alerts       thresholds that were reached in windows that have not ended
    """

    reading: Reading | None = None
    last_good: Reading | None = None
    unconfirmed: tuple[Unconfirmed, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Enriched:
    """The reading as it is published, and what to remember beside it.

    `new_alerts`, a part of `alerts`, are those to send now. `clock_agrees` and `clock_problem` are
    the results of `usage.plausibility.clock_agrees` and `usage.plausibility.clock_problem`.
    """

    reading: Reading
    unconfirmed: tuple[Unconfirmed, ...]
    alerts: tuple[Alert, ...]
    new_alerts: tuple[Alert, ...]
    clock_agrees: bool | None
    clock_problem: str


def enrich(
    reading: Reading, previous: Previous, history: Sequence[Reading], now: float, rules: Rules
) -> Enriched:
    """Return the reading with reset dates, plausible percentages, decreases and forecasts.

    `history` holds earlier readings of the account, oldest first. A clock that is wrong by days
    (`clock_agrees` is False) raises no alert.
    """
    reading = plausibility.with_last_clock_offset(reading, previous.last_good)
    clock_agrees = plausibility.clock_agrees(reading)
    clock_problem = plausibility.clock_problem(reading)
    reading, unconfirmed = _plausible(reading, previous, rules)
    # The history keeps no forecasts, and the next one depends on the last.
    past = [*history, previous.reading] if previous.reading else history
    reading = with_forecast(reading, past)
    new_alerts: tuple[Alert, ...] = ()
    known_alerts = previous.alerts
    if clock_agrees is not False:
        new_alerts, known_alerts = alerts.evaluate(
            reading, rules.thresholds, rules.kinds, previous.alerts, now, before=previous.reading
        )
    return Enriched(reading, unconfirmed, known_alerts, new_alerts, clock_agrees, clock_problem)


def complete(older: Reading, previous: Previous, rules: Rules) -> Reading:
    """Return a reading that a source had in place of a new one, with the limits that it lacks.

    Those are the ones of the last good reading, with their last percentages.
    """
    reading, _ = _plausible(older, previous, rules)
    names = {(limit.kind, limit.label) for limit in reading.limits}
    last_limits = previous.last_good.limits if previous.last_good else ()
    others = tuple(limit for limit in last_limits if (limit.kind, limit.label) not in names)
    return replace(reading, limits=(*reading.limits, *others))


def _plausible(
    reading: Reading, previous: Previous, rules: Rules
) -> tuple[Reading, tuple[Unconfirmed, ...]]:
    dated = with_reset_date(reading)
    reading, unconfirmed = confirm(dated, previous.unconfirmed, ttl_s=rules.ttl_s)
    return flag_decreases(reading, previous.last_good), unconfirmed
