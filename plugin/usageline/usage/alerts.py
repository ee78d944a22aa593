"""Alerts: a limit that reaches a threshold of the user's is told of once for each of its windows and thresholds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core.windows import OVERDUE_S, SAME_RESET_S, is_same_reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.usage.model import Reading

MAX_ALERTS = 64
"""Of one account; a reading's meters beyond this many are not watched."""

MIN_FALL = 1
"""So far below its threshold use has fallen, and not merely been rounded differently."""

CREDITS = "credits"
"""The kind of an alert for a money meter."""

KINDS = {"weekly": "weekly_all", "scoped": "weekly_scoped"}
"""Names of segments that are not their limit's kind."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A limit or credit that reached a threshold; one for each window, of the highest threshold reached, with which the lower ones count as told.

    `kind` is the limit's, or CREDITS, and `label` theirs. `threshold` and `percent` (used when it was noticed) are percentages, which may
    pass 100. `resets_at` is the end of the window, None where it has none. `at` is when it was noticed: 0 where there is nothing to tell, because
    use fell below a higher threshold, and this one was told with that.
    """

    kind: str
    label: str
    threshold: int
    percent: float
    resets_at: int | None
    at: int


def evaluate(
    reading: Reading,
    thresholds: tuple[int, ...],
    kinds: tuple[str, ...],
    fired: tuple[Alert, ...],
    now: float,
) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
    """The alerts to tell of now, and all alerts to remember, these among them, until the next reading.

    `kinds` names limits by kind or label, whatever the case; () for all. `fired` is what was remembered until now. A window whose use was
    lowered below a threshold, of a limit, a credit or a meter without windows, can reach it anew.
    """
    meters = _meters(reading, kinds, fired, now)[:MAX_ALERTS]
    kept = [
        alert for old in fired if (alert := _remembered(old, meters, thresholds, now)) is not None
    ]
    new = []
    for meter in meters:
        told = [alert for alert in kept if meter.is_of(alert)]
        reached = _highest(thresholds, meter.percent)
        if reached > max((alert.threshold for alert in told), default=0):
            new.append(
                Alert(meter.kind, meter.label, reached, meter.percent, meter.resets_at, int(now))
            )
            told = new[-1:]
        # Those of this reading last: they are the ones that must not be forgotten.
        kept = [alert for alert in kept if not meter.is_of(alert)] + told
    return tuple(new), tuple(kept[-MAX_ALERTS:])


@dataclass(frozen=True, slots=True)
class _Meter:
    """A limit or credit; `falls` where a lower percentage than before is to be believed, `is_reported` if its reset can be overdue."""

    kind: str
    label: str
    percent: float
    resets_at: int | None
    falls: bool
    is_reported: bool = True

    def is_named(self, other: Alert | _Meter) -> bool:
        return (self.kind, self.label) == (other.kind, other.label)

    def is_of(self, other: Alert | _Meter) -> bool:
        """Whether that is of the same window of the same limit."""
        return self.is_named(other) and _same_window(self.resets_at, other.resets_at)


def _meters(
    reading: Reading, kinds: tuple[str, ...], fired: tuple[Alert, ...], now: float
) -> list[_Meter]:
    """The meters whose percentage is known and whose window has not ended; one for each window, though the service may name it twice.

    A window that the service still reports after its reset has not ended: the reset is overdue.
    """
    wanted = {KINDS.get(name.casefold(), name.casefold()) for name in kinds}
    found: list[_Meter] = []
    for meter in _all(reading, fired, now):
        at = meter.resets_at
        ended = (
            at is not None
            and at <= now
            and not (meter.is_reported and 0 < reading.observed_at - at <= OVERDUE_S)
        )
        if ended or (wanted and wanted.isdisjoint((meter.kind.casefold(), meter.label.casefold()))):
            continue
        same = next((index for index, other in enumerate(found) if meter.is_of(other)), None)
        if same is None:
            found.append(meter)
        elif meter.percent > found[same].percent:
            found[same] = replace(meter, resets_at=found[same].resets_at)
    return found


def _all(reading: Reading, fired: tuple[Alert, ...], now: float) -> Iterator[_Meter]:
    for limit in reading.limits:
        if limit.percent is not None:
            meter = _Meter(
                limit.kind,
                limit.label,
                limit.percent,
                limit.resets_at,
                falls=limit.lowered or limit.resets_at is None,
            )
            yield _in_known_window(meter, fired, now)
    for credit in reading.credits:
        if credit.percent is not None:
            meter = _Meter(
                CREDITS,
                credit.label,
                credit.percent,
                credit.ends_at,
                falls=True,
                is_reported=not credit.expires,
            )
            yield _in_known_window(meter, fired, now)


def _in_known_window(meter: _Meter, fired: tuple[Alert, ...], now: float) -> _Meter:
    """A meter that leaves its reset out once is in the window that was told of, until that ends."""
    if meter.resets_at is not None:
        return meter
    known = [
        alert.resets_at
        for alert in fired
        if meter.is_named(alert) and alert.resets_at is not None and alert.resets_at > now
    ]
    return replace(meter, resets_at=max(known), falls=meter.kind == CREDITS) if known else meter


def _remembered(
    old: Alert, meters: list[_Meter], thresholds: tuple[int, ...], now: float
) -> Alert | None:
    named = [meter for meter in meters if meter.is_named(old)]
    same = next((meter for meter in named if meter.is_of(old)), None)
    # A reset may be reported a little later than when it was told of: until then its window is not over.
    if same is None and old.resets_at is not None and old.resets_at + SAME_RESET_S <= now:
        return None
    if same is None:  # not in this reading; or it had no window, and has one now
        return None if named and old.resets_at is None else old
    if not same.falls or same.percent > old.threshold - MIN_FALL:
        return old
    still_reached = _highest(thresholds, same.percent)
    return replace(old, threshold=still_reached, at=0) if still_reached else None


def _highest(thresholds: tuple[int, ...], percent: float) -> int:
    return max((threshold for threshold in thresholds if threshold <= percent), default=0)


def _same_window(one: int | None, other: int | None) -> bool:
    return one is other is None or bool(is_same_reset(one, other))
