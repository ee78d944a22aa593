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
    is_alerted = any(row["kind"] == "cost_day" for row in ctx.local.get("alerts", ()))
    style = "warning" if is_alerted else "plain"
    short = (52, [*label, (style, day_amount(ctx, 2))])
    amount, more = short[1][-1], []
    if options["tokens"]:
        more.append(("quiet", f" {count(today['tokens'])} tokens"))
    if today["unpriced"] and today["cost"]:
        amount = (style, f"{_at_least(ctx, today)}${today['cost']:,.2f}")
        more.append(("quiet", f" + {count(today['unpriced'])} unpriced"))
    return [[(27, [*label, amount, *more]), short]] if more else [[short]]


def day_amount(ctx: StatusContext, decimals: int) -> str:
    """Return today's cost, at least so much if it has unpriced parts, or "" if it is unknown."""
    today = ctx.local.get("today")
    if not today:
        return ""
    if today["unpriced"] and not today["cost"]:
        return f"{count(today['unpriced'])} unpriced"
    return f"{_at_least_priced(ctx, today)}${today['cost']:,.{decimals}f}"


def burn(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the cost or tokens an hour of the last half hour in this 5-hour window."""
    rate = ctx.local.get("rate")
    if not rate:
        return []
    # Cents of a large rate would only flicker.
    amount = f"${rate['cost']:,.{0 if rate['cost'] >= WHOLE_FROM else 2}f}"
    mark = _at_least_priced(ctx, rate)
    if options["tokens"] or (rate["unpriced"] and not rate["cost"]):
        amount, mark = f"{count(rate['tokens'])} tokens", _at_least(ctx, rate)
    return [[(51, [*labeled(options), ("plain", f"{mark}{amount}/h")])]]


def _at_least_priced(ctx: StatusContext, sums: dict[str, Any]) -> str:
    return _at_least(ctx, {"at_least": sums["at_least"] or sums["unpriced"]})


def _at_least(ctx: StatusContext, sums: dict[str, Any]) -> str:
    if not sums["at_least"]:
        return ""
    return ">=" if ctx.glyphs["ellipsis"].isascii() else "≥"
