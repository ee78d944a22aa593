"""Raise an alert once for each window and threshold that a limit or credit reaches. Pure.

A limit that was reached raises one more when it is free again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core.windows import OVERDUE_S, SAME_RESET_S, is_same_window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.usage.model import Reading

MAX_ALERTS = 64
"""Of one account; further meters of a reading are not watched."""

MIN_FALL = 1
"""Percentage points below its threshold at which use has fallen, and not merely been rounded."""

FREE = 0
"""The threshold of the alert that a limit, which was reached, is free again."""

REACHED_PERCENT = 100

CREDITS = "credits"
"""The kind of an alert for a money meter."""

KINDS = {"weekly": "weekly_all", "scoped": "weekly_scoped"}
"""Names of segments that are not their limit's kind."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A limit or credit that reached a threshold: one alert for each window.

    With the threshold FREE it is a limit that was reached and is free again. Else `threshold` is
    the highest one reached; the lower ones count as sent with it. `kind` is the limit's, or
    CREDITS. `percent` is the use when the alert was raised; it may exceed 100. `resets_at` is the
    end of the window, None if it has none.

    `at` is when the alert was raised. It is 0 if use fell below a higher threshold, with which this
    one was already sent.
    """

    kind: str
    label: str
    threshold: int
    percent: float
    resets_at: int | None
    at: int


def evaluate(  # noqa: PLR0913 - all inputs, and the clock
    reading: Reading,
    thresholds: tuple[int, ...],
    kinds: tuple[str, ...],
    already_sent: tuple[Alert, ...],
    now: float,
    *,
    before: Reading | None = None,
) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
    """Return the alerts to send now, and all alerts to remember until the next reading.

    `kinds` names limits by kind or label, in any case; () for all. `already_sent` is what was
    remembered until now. A limit that `before`, the last reading, reported as reached is free again
    if its percentage fell.

    A threshold can be reached again if the use of its window falls below it. Only a limit that the
    service lowered, and a credit, may fall.
    """
    meters = _meters(reading, kinds, already_sent, now)[:MAX_ALERTS]
    candidates = (_remembered(old, meters, thresholds, now) for old in already_sent)
    remembered = [alert for alert in candidates if alert is not None]
    reached_before = _reached(before)
    new: list[Alert] = []
    for meter in meters:
        sent = [alert for alert in remembered if meter.is_of(alert)]
        reached = _highest(thresholds, meter.percent)
        if reached > max((alert.threshold for alert in sent), default=0):
            new.append(meter.alert(reached, now))
            sent = new[-1:]
        elif (
            thresholds
            and meter.name in reached_before
            and meter.percent <= REACHED_PERCENT - MIN_FALL
        ):
            reached_before.remove(meter.name)
            new.append(meter.alert(FREE, now))
            sent += new[-1:]
        # The alerts of this reading go last: the limit cuts off the first ones.
        remembered = [alert for alert in remembered if not meter.is_of(alert)] + sent
    return tuple(new), tuple(remembered[-MAX_ALERTS:])


@dataclass(frozen=True, slots=True)
class _Meter:
    """A limit or credit.

    `falls`: a lower percentage than before is trusted. `is_reported`: its reset can be overdue.
    """

    kind: str
    label: str
    percent: float
    resets_at: int | None
    falls: bool
    is_reported: bool = True

    @property
    def name(self) -> tuple[str, str]:
        """The limit, whatever its window is."""
        return self.kind, self.label

    def alert(self, threshold: int, now: float) -> Alert:
        """Return the alert for a threshold of this meter."""
        return Alert(self.kind, self.label, threshold, self.percent, self.resets_at, int(now))

    def is_named(self, other: Alert | _Meter) -> bool:
        return self.name == (other.kind, other.label)

    def is_of(self, other: Alert | _Meter) -> bool:
        """Whether the other is of the same window of the same limit."""
        return self.is_named(other) and is_same_window(self.resets_at, other.resets_at)


def _reached(reading: Reading | None) -> set[tuple[str, str]]:
    limits = reading.limits if reading else ()
    return {
        (limit.kind, limit.label)
        for limit in limits
        if limit.percent is not None and limit.percent >= REACHED_PERCENT
    }


def _meters(
    reading: Reading, kinds: tuple[str, ...], already_sent: tuple[Alert, ...], now: float
) -> list[_Meter]:
    """Return one meter for each window that has not ended, if its percentage is known.

    A window that the service still reports after its reset has not ended: the reset is overdue.
    """
    wanted = {KINDS.get(name.casefold(), name.casefold()) for name in kinds}
    meters: list[_Meter] = []
    for each in _all(reading):
        meter = _in_sent_window(each, already_sent, now)
        at = meter.resets_at
        ended = (
            at is not None
            and at <= now
            and not (meter.is_reported and 0 < reading.observed_at - at <= OVERDUE_S)
        )
        if ended or (wanted and wanted.isdisjoint((meter.kind.casefold(), meter.label.casefold()))):
            continue
        same = next((index for index, other in enumerate(meters) if meter.is_of(other)), None)
        if same is None:
            meters.append(meter)
        elif meter.percent > meters[same].percent:
            meters[same] = replace(meter, resets_at=meters[same].resets_at)
    return meters


def _all(reading: Reading) -> Iterator[_Meter]:
    for limit in reading.limits:
        if limit.percent is not None:
            falls = limit.lowered or limit.resets_at is None
            yield _Meter(limit.kind, limit.label, limit.percent, limit.resets_at, falls)
    for credit in reading.credits:
        if credit.percent is not None:
            values = (CREDITS, credit.label, credit.percent, credit.ends_at)
            yield _Meter(*values, falls=True, is_reported=not credit.expires)


def _in_sent_window(meter: _Meter, already_sent: tuple[Alert, ...], now: float) -> _Meter:
    """Return a meter without a reset as one of the window that was alerted, until that ends."""
    if meter.resets_at is not None:
        return meter
    resets = [
        alert.resets_at
        for alert in already_sent
        if meter.is_named(alert) and alert.resets_at is not None and alert.resets_at > now
    ]
    return replace(meter, resets_at=max(resets), falls=meter.kind == CREDITS) if resets else meter


def _remembered(
    old: Alert, meters: list[_Meter], thresholds: tuple[int, ...], now: float
) -> Alert | None:
    named = [meter for meter in meters if meter.is_named(old)]
    same = next((meter for meter in named if meter.is_of(old)), None)
    # A reset may be reported a little later than before: until then its window has not ended.
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
