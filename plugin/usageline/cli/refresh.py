"""`usageline refresh`, and the refresh with which another command gets the snapshot."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

from usageline.cli import appearance
from usageline.core import freshness, json_file, windows
from usageline.core.errors import UsagelineError
from usageline.line.segments import reasons
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines
from usageline.usage.values import whole_detail

if TYPE_CHECKING:
    from usageline.refresh.log_entry import Outcome


@click.command("refresh")
@click.option(
    "--force",
    is_flag=True,
    help="Send a request even if none is due; cooldowns of the service still apply.",
)
def command(*, force: bool) -> None:
    """Refresh the numbers now, unless they are still fresh."""
    from usageline.refresh.run import refresh  # noqa: PLC0415 - slow to import

    outcome = refresh(dict(os.environ), force=force)
    if outcome.took_over:
        click.echo("killed a hung refresh")
    if outcome.state == "failed" or is_waiting_after_failure(outcome):
        raise UsagelineError(describe(outcome))
    click.echo(describe(outcome))


def current_snapshot(env: dict[str, str], *, renew: bool) -> dict[str, Any]:
    """Return the snapshot. Refresh first if there is none, or with `renew` if one is due."""
    paths = Paths(env)
    snapshot = json_file.json_file(paths.snapshot)
    is_due = freshness.is_stale(
        snapshot, freshness.file_fingerprint(paths.claude_credentials), time.time()
    )
    if snapshot is None or (renew and is_due):
        from usageline.refresh.run import refresh  # noqa: PLC0415 - as above

        outcome = refresh(env)
        snapshot = json_file.json_file(paths.snapshot) or snapshot
        if snapshot is None:
            raise UsagelineError(f"there is no usage to show yet: {describe(outcome)}")
    return snapshot


def describe(outcome: Outcome) -> str:
    """Return how a refresh ended, in words."""
    snapshot = outcome.snapshot or {}
    if outcome.problem:
        return outcome.problem
    if outcome.state == "busy":
        return "another refresh is under way"
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    look = appearance.current(snapshot)
    next_refresh = "" if due_at is None else f"; next refresh at {look.clock(due_at, time.time())}"
    if outcome.state == "failed" or is_waiting_after_failure(outcome):
        ctx = look.context(snapshot, snapshot.get("credentials"), time.time())
        detail = whole_detail(snapshot) or ctx.detail
        reason = sanitize_lines(reasons.reason(ctx) + (f" ({detail})" if detail else ""))
        return reason if outcome.state == "failed" else reason + next_refresh
    return ("refreshed" if outcome.state == "refreshed" else "up to date") + next_refresh


def is_waiting_after_failure(outcome: Outcome) -> bool:
    """Return whether no request is due because the last one failed."""
    return outcome.state == "not-due" and (outcome.snapshot or {}).get("status") != "ok"
