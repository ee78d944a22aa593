"""`usageline watch`: the dashboard, or the table if the dashboard cannot start."""

from __future__ import annotations

import contextlib
import os
import sys
import time

import click

from usageline.cli import live_table
from usageline.cli.snapshot import current_snapshot
from usageline.cli.table import print_table
from usageline.core import freshness
from usageline.system.paths import Paths


@click.command("watch")
def command() -> None:
    """Show a live dashboard, refreshed when due: bars, charts, alerts and accounts.

    Without a terminal it prints the table once.
    """
    env = dict(os.environ)
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        snapshot = current_snapshot(env, renew=True)
        credentials = freshness.file_fingerprint(Paths(env).claude_credentials)
        print_table(snapshot, credentials, time.time())
        return
    # Textual reads keys from stdin, and writes to stderr.
    if sys.stdin.isatty() and sys.stderr.isatty():
        try:
            from usageline.cli.dashboard import start  # noqa: PLC0415 - slow to import
        except ImportError:
            start = None  # type: ignore[assignment]  # an earlier release's packages
        if start is not None:
            with contextlib.suppress(ImportError, OSError):
                start.run(env)
                return
    live_table.watch(env)
