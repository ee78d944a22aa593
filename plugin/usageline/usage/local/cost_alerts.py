"""Raise an alert once for each day or month whose cost reaches a configured amount. Pure.

Amounts are micro-dollars, times epoch seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from usageline.core.alert_text import COSTS

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = tuple(COSTS)
MICRO = 1_000_000
MAX_SENT = 16
"""Remembered alerts. A clock that jumps between some days and back repeats none."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day or month, and its cost until now.

    `name` is its date, 2026-11-29 or 2026-11. `amount` is the configured one, 0 for none. `cost`
    is that of the responses whose model has a price. With `at_least` some of them are incomplete,
    and `unpriced` is the number of the others: the true cost is higher, never lower.
    """

    kind: str
    name: str
    ends_at: int
    amount: int
    cost: int
    at_least: bool = False
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class CostAlert(Period):
    """A period whose cost reached `amount`; `cost` and `at` are those when it was raised."""

    at: int = 0

    def as_row(self) -> dict[str, Any]:
        """Return it as the alerts of the snapshot are: the amount in dollars is the threshold."""
        return {
            "kind": self.kind,
            "label": self.name,
            "threshold": self.amount / MICRO,
            "percent": round(self.cost / self.amount * 100, 1),
            "resets_at": self.ends_at,
            "at": self.at,
            "cost": self.cost / MICRO,
            "at_least": self.at_least or bool(self.unpriced),
        }


def evaluate(
    periods: Sequence[Period], sent: Sequence[CostAlert], now: float
) -> tuple[tuple[CostAlert, ...], tuple[CostAlert, ...]]:
    """Return the alerts to send now, and all alerts to remember.

    A cost that is known in part is enough if that part reaches the amount. A period is alerted
    again only for a greater amount. Its cost may fall in between: while an index is built again,
    its sums grow from zero.
    """
    new = tuple(
        CostAlert(**asdict(period), at=int(now))
        for period in periods
        if 0 < period.amount <= period.cost
        and not any(
            (alert.kind, alert.name) == (period.kind, period.name) and alert.amount >= period.amount
            for alert in sent
        )
    )
    return new, (*sent, *new)[-MAX_SENT:]


def current(periods: Sequence[Period], sent: Sequence[CostAlert]) -> tuple[CostAlert, ...]:
    """Return the alerts to show: those of these periods and of the amounts that are configured."""
    wanted = {(period.kind, period.name, period.amount) for period in periods}
    return tuple(alert for alert in sent if (alert.kind, alert.name, alert.amount) in wanted)
