"""What the dashboard shows of today's cost, from the sums of the index. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.cli.history import cost
from usageline.cli.usage.result import cost_text
from usageline.core import formatting, windows
from usageline.core.alert_text import brief_cost_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.history.cost import Costs

MAX_MODELS = 12
"""Further models are shown as one."""


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one model cost today, and its share of the whole, from 0 to 1."""

    name: str
    cost: str
    tokens: str
    share: float


@dataclass(frozen=True, slots=True)
class Today:
    """What all sessions on this machine cost today, and the alerts on cost.

    `cost` and `total` are the whole in short and in long.
    """

    cost: str
    total: str
    models: tuple[ModelCost, ...] = ()
    alerts: tuple[tuple[str, str], ...] = ()


def build(costs: Costs | None, alerts: Sequence[dict[str, Any]]) -> Today:
    """Return what is shown of today's costs; `costs` is None without a response today."""
    lines = tuple(
        ("warning", text[:1].upper() + text[1:])
        for text in (brief_cost_text(row) for row in alerts if _has_amount(row))
    )
    if costs is None:
        return Today("$0.00", "$0.00 at list prices", (), lines)
    amount, tokens = cost.facts(costs)
    whole = costs.total.cost or costs.total.tokens or 1
    by_name = {row.key: row for row in costs.models}
    rows = (
        cost.summed(name, (by_name[each] for each in names))
        for name, names in cost.shown_models(costs, MAX_MODELS)
    )
    models = tuple(
        ModelCost(
            cost.short_name(row.key),
            cost_text(row),
            formatting.count(row.tokens),
            (row.cost if costs.total.cost else row.tokens) / whole,
        )
        for row in rows
    )
    return Today(amount, f"{amount} at list prices · {tokens}", models, lines)


def _has_amount(row: dict[str, Any]) -> bool:
    return windows.percent(row.get("threshold")) is not None
