"""What the user's own transcripts cost, over all sessions on this machine."""

from __future__ import annotations

from usageline.core.formatting import count
from usageline.line.segments import labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants


WHOLE_FROM = 100
"""Dollars an hour from which a rate has no cents."""


def usage_today(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show today's cost at list prices, over all sessions, or that it cannot be kept."""
    label = labeled(options)
    if "failed" in ctx.local:
        return [
            [(29, [*label, ("warning", "run usageline usage")]), (50, [*label, ("quiet", "?")])]
        ]
    today = ctx.local.get("today")
    if not today or today["cost"] < options["hide_below"]:
        return []
    amount = day_amount(ctx, 2)
    is_alerted = any(row["kind"] == "cost_day" for row in ctx.local.get("alerts", ()))
    short = (52, [*label, ("warning" if is_alerted else "plain", amount)])
    more = []
    if options["tokens"]:
        more.append(("quiet", f" {count(today['tokens'])} tokens"))
    if today["unpriced"]:
        more.append(("quiet", f" + {count(today['unpriced'])} unpriced"))
    return [[(27, [*short[1], *more]), short]] if more else [[short]]


def day_amount(ctx: StatusContext, decimals: int) -> str:
    """Return today's cost, or "" if it is unknown."""
    today = ctx.local.get("today")
    return f"{_at_least(ctx, today)}${today['cost']:,.{decimals}f}" if today else ""


def burn(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the cost or tokens an hour of the last half hour in this 5-hour window."""
    rate = ctx.local.get("rate")
    if not rate:
        return []
    # Cents of a large rate would only flicker.
    amount = f"${rate['cost']:,.{0 if rate['cost'] >= WHOLE_FROM else 2}f}"
    if options["tokens"]:
        amount = f"{count(rate['tokens'])} tokens"
    return [[(51, [*labeled(options), ("plain", f"{_at_least(ctx, rate)}{amount}/h")])]]


def _at_least(ctx: StatusContext, sums: dict[str, Any]) -> str:
    if not sums["at_least"]:
        return ""
    return ">=" if ctx.glyphs["ellipsis"].isascii() else "≥"
