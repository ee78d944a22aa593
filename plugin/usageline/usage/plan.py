"""Name the plan from what the sign-in and the account report (FACTS: signing in)."""

from __future__ import annotations

import re

from usageline.usage.values import text, words

PLANS = frozenset({"claude_pro", "claude_max", "claude_team", "claude_enterprise"})
"""The account's words for a plan."""

SEATS = {"team_standard": "Team Standard", "team_tier_1": "Team Premium"}


def plan_name(
    subscription: object, organization_type: object, seat: object, *tiers: object
) -> str | None:
    """Return `Pro`, `Max 20x`, `Team Premium`, …, or None if it is unknown.

    `subscription` is the sign-in's `subscriptionType`, `organization_type` the account's
    (`claude_max`), `seat` its `seatTier`, `tiers` the rate limit tiers, the most reliable first. A
    tier gives the size of a Max plan only: a Team seat can have a Max tier and is not Max.
    """
    plan = text(subscription) or (text(organization_type) or "").removeprefix("claude_")
    if not plan:
        return None
    if plan == "max":
        sizes = (re.search(r"max_(\d{1,3}x)", tier) for tier in tiers if isinstance(tier, str))
        return next((f"Max {size[1]}" for size in sizes if size), "Max")
    if plan == "team" and isinstance(seat, str):
        return SEATS.get(seat, "Team")
    return text(words(plan))
