"""The command `usageline org` and its subcommands."""

from __future__ import annotations

import os
from typing import Any

import click

from usageline.cli.commands import Choice, Command, LazyGroup
from usageline.usage.org.model import VIEWS

SUBCOMMANDS = (
    Command("activity", "org.activity", "Show how many people are active, and who."),
    Command("check", "org.check", "Show what kind of key this is, and what it reaches."),
    Command("limits", "org.limits", "Show who will soon be stopped by a spend limit."),
    Command("metrics", "org.metrics", "Print cost, tokens and limits for Prometheus."),
    Command("telemetry", "org.telemetry", "Show where the API sends its traces."),
)
"""In the order of `usageline org --help`."""

GIVEN = {click.core.ParameterSource.COMMANDLINE}


@click.group("org", cls=LazyGroup, entries=SUBCOMMANDS, invoke_without_command=True)
@click.option(
    "--by",
    metavar="VIEW",
    type=Choice(VIEWS),
    default="person",
    help=f"What a row stands for: {', '.join(VIEWS)}.",
)
@click.option("--since", metavar="DAY", help="First day in UTC: 2026-11-01, or 7d for seven days.")
@click.option("--until", metavar="DAY", help="Last day in UTC.")
@click.option("--top", metavar="N", type=click.IntRange(1), help="Show only the first N rows.")
@click.option("--json", "output", flag_value="json", help="Print the report as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the rows as CSV.")
@click.option("--svg", metavar="FILE", type=click.Path(), help="Write the chart to FILE, or to -.")
@click.option("--html", metavar="FILE", type=click.Path(), help="Write a web page to FILE, or -.")
@click.option("--anonymous", is_flag=True, help="Show ids and no names or e-mail addresses.")
@click.option(
    "--pages",
    metavar="N",
    type=click.IntRange(1),
    help="Load at most N pages (default 60).",
)
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Show who used what in an organization, and what it cost, this month.

    Needs an administrator's key: `usageline org check` says which. Days are in UTC.
    """
    if ctx.invoked_subcommand is not None:
        given = [name for name in options if ctx.get_parameter_source(name) in GIVEN]
        if given:
            name = ctx.invoked_subcommand
            raise click.UsageError(
                f"write the options of {name} after it: `usageline org {name} …`"
            )
        return
    from usageline.cli.org import report  # noqa: PLC0415 - the HTTP client is slow to import

    report.run(dict(os.environ), report.Options(**options))
