"""The command `usageline doctor`."""

from __future__ import annotations

import os
import sys

import click

from usageline.cli.doctor import run_checks
from usageline.cli.doctor.log import show_log
from usageline.cli.doctor.unknown_keys import show_unknown_keys
from usageline.system.paths import Paths


@click.command("doctor")
@click.option(
    "-v", "--all", "show_all", is_flag=True, help="Show each check, also those that pass."
)
@click.option(
    "--schema",
    is_flag=True,
    help="Show the keys of the newest usage body that usageline does not read, without values.",
)
@click.option("--body", metavar="FILE", help="With --schema: use the body in FILE.")
@click.option("--log", is_flag=True, help="Show the last refreshes, why each ran and how it ended.")
@click.option(
    "--lines",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="With --log: number of entries (default 50).",
)
def command(
    *, show_all: bool, schema: bool, body: str | None, log: bool, lines: int | None
) -> None:
    """Check each step from the settings to the numbers, with advice. Sends no request."""
    if body is not None and not schema:
        raise click.UsageError("--body requires --schema")
    if lines is not None and not log:
        raise click.UsageError("--lines requires --log")
    if show_all + schema + log > 1:
        raise click.UsageError("--all, --schema and --log cannot be combined")
    env = dict(os.environ)
    if schema:
        show_unknown_keys(env, body)
    elif log:
        show_log(Paths(env), lines or 50)
    else:
        sys.exit(run_checks(env, show_all=show_all))
