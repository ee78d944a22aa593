"""Format and identify alerts."""

from __future__ import annotations

from usageline.core import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


COSTS = {"cost_day": "today", "cost_month": "this month"}
"""The kinds of alerts on the cost of local usage, and the names of their periods."""


def alert_text(row: Mapping[str, Any], now: float) -> str:
    """Return `the 5-hour limit is at 92% and resets at 14:05` for an alert of the snapshot.

    Threshold 0 means that the limit was reached and has reset. The text is safe for a terminal.
    """
    from usageline.core.formatting import clock  # noqa: PLC0415 - only for an alert
    from usageline.core.text import sanitize  # noqa: PLC0415 - as above
    from usageline.core.vocabulary import LONG, long_name  # noqa: PLC0415 - as above
    from usageline.core.windows import MAX_LABEL  # noqa: PLC0415 - as above

    kind, label, resets_at = row["kind"], row["label"][:MAX_LABEL], row["resets_at"]
    if kind in COSTS:
        return _cost_text(row)
    if kind == "credits":
        name = "the credit limit" if label == "Usage credits" else f"the credit limit of {label}"
    elif kind == "weekly_scoped" or kind in LONG:
        name = f"the {long_name(kind, label)}"
    else:
        name = f"the limit {label}"
    if not row["threshold"]:
        return sanitize(f"{name} is free again")
    text = f"{name} is at {int(row['percent'])}%"
    if resets_at is not None and resets_at <= now:
        text += ", and its reset is overdue"
    elif resets_at is not None and kind != "credits":  # the credit's own segment shows its end
        text += (" and resets at " if resets_at - now < 86400 else " and resets ") + clock(
            resets_at, now
        )
    return sanitize(text)


def dollars(amount: float) -> str:
    """Return an amount: $25, $12.50."""
    from usageline.core.formatting import money  # noqa: PLC0415 - only for an alert

    return money(round(amount * 100), 2, "USD")


def brief_cost_text(row: Mapping[str, Any]) -> str:
    """Return `today passed $25` for an alert on cost."""
    return f"{COSTS.get(row['kind'], 'cost')} passed {dollars(row['threshold'])}"


def _cost_text(row: Mapping[str, Any]) -> str:
    """Return `today's cost is $25.40 at list prices: it passed $25`."""
    amount = ("at least " if row.get("at_least") else "") + dollars(row["cost"])
    passed = dollars(row["threshold"])
    return f"{COSTS[row['kind']]}'s cost is {amount} at list prices: it passed {passed}"


def alert_id(row: Mapping[str, Any]) -> str:
    """Return the file name that marks an alert as shown.

    The same threshold reached again is another alert.
    """
    identity = "\n".join(f"{row[key]}" for key in ("kind", "label", "threshold", "resets_at", "at"))
    return paths.digest(identity.encode("utf-8", "surrogatepass"))
