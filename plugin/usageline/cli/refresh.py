"""`usageline refresh`: one refresh in the foreground."""

from __future__ import annotations

import os

import click

from usageline.cli.snapshot import describe, is_waiting_after_failure
from usageline.core.errors import UsagelineError
from usageline.refresh.run import refresh


@click.command("refresh")
@click.option(
    "--force",
    is_flag=True,
    help="Send a request even if none is due; cooldowns of the service still apply.",
)
def command(*, force: bool) -> None:
    """Refresh the numbers now, unless they are still fresh."""
    outcome = refresh(dict(os.environ), force=force)
    if outcome.took_over:
        click.echo("killed a hung refresh")
    if outcome.state == "failed" or is_waiting_after_failure(outcome):
        raise UsagelineError(describe(outcome))
    click.echo(describe(outcome))
