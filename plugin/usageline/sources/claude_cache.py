"""The source `claude-cache`: what Claude Code itself saw last, from `.claude.json`. No network and no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.errors import SourceFailure
from usageline.usage.model import Reading
from usageline.usage.parse import parse
from usageline.usage.times import EARLIEST, LATEST
from usageline.usage.values import number

if TYPE_CHECKING:
    from usageline.sources import Context

CLOCK_SLACK_S = 60
"""A reading from further in the future than this was taken under another clock."""


def fetch(context: Context) -> Reading:
    """The client's own reading, where it is of the account signed in and no older than `context.max_age_s`. Otherwise SourceFailure."""
    state = context.sign_in.state
    if not state.cached:
        raise SourceFailure("unreadable", "Claude Code has no usage in its cache")
    if not state.account_uuid or state.cached.get("accountUuid") != state.account_uuid:
        raise SourceFailure("unreadable", "Claude Code's cache is of another account")
    fetched_ms = number(state.cached.get("fetchedAtMs"), EARLIEST * 1000, LATEST * 1000)
    if fetched_ms is None:
        raise SourceFailure("unreadable", "Claude Code's cache has no time")
    observed_at = int(fetched_ms // 1000)
    if observed_at < context.not_before or not -CLOCK_SLACK_S <= context.now - observed_at < context.max_age_s:
        raise SourceFailure("unreadable", "Claude Code's cache is too old")
    return Reading(*parse(state.cached.get("utilization")), source="claude-cache", observed_at=min(observed_at, int(context.now)))
