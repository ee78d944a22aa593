"""The source `claude-cache`: Claude Code's own last reading, from `.claude.json`.

It uses no network and no token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.usage import whose
from usageline.usage.model import Reading, SourceFailure
from usageline.usage.parse import parse

if TYPE_CHECKING:
    from usageline.sources.context import Context


def fetch(context: Context) -> Reading:
    """Return the client's own reading.

    Raise SourceFailure if it belongs to another account or is older than `context.max_age_s`.
    """
    state = context.sign_in.state
    if not state.cached:
        raise SourceFailure("unreadable", "Claude Code has no usage in its cache")
    claim = whose.claim_of(state.cached)
    refused = whose.refusal(
        claim, state.account_uuid, context.sign_in.organizations, context.not_before
    )
    if refused:
        raise SourceFailure("unreadable", f"Claude Code's cache is {refused}")
    observed_at = int(claim.fetched_at or 0)
    if not -CLOCK_JUMP_S <= context.now - observed_at < context.max_age_s:
        raise SourceFailure("unreadable", "Claude Code's cache is too old")
    return Reading(
        *parse(state.cached.get("utilization")),
        source="claude-cache",
        observed_at=min(observed_at, int(context.now)),
    )
