"""The command `usageline org` and its subcommands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from usageline.cli import edge
from usageline.cli.commands import Choice, Command, LazyGroup
from usageline.cli.org.loading import with_org
from usageline.usage.org.model import VIEWS

if TYPE_CHECKING:
    from usageline.usage.org.model import Report

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
@click.option(
    "--svg", metavar="FILE", type=click.Path(), help="Write an SVG picture to FILE, or -."
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(),
    help="Write a page with chart and table to FILE, or - for stdout.",
)
@click.option("--anonymous", is_flag=True, help="Show ids and no names or e-mail addresses.")
@click.option(
    "--pages", metavar="N", type=click.IntRange(1), help="Load at most N pages (default 60)."
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
    elif options["json_schema"]:
        from usageline.cli.org import export  # noqa: PLC0415 - seldom

        click.echo(json.dumps(export.schema(), indent=2))
    elif sum(options[form] is not None for form in ("output", "svg", "html")) > 1:
        raise click.UsageError("choose one of --json, --csv, --svg and --html")
    else:
        write(load(options), options)


def load(options: dict[str, Any]) -> Report:
    """Load the report, and show the progress."""
    from usageline.jobs import org_report  # noqa: PLC0415 - the HTTP client is slow to import

    return with_org(org_report.load, options, resumes=True)


def write(report: Report, options: dict[str, Any]) -> None:
    """Print or write the report. Only the module of the wanted form is imported."""
    top = options["top"]
    if options["output"] is not None:
        from usageline.cli.org import export  # noqa: PLC0415 - as above

        is_json = options["output"] == "json"
        text = export.as_json(report, top) if is_json else export.as_csv(report, top)
        click.echo(text, nl=is_json)
        if not is_json and not report.adds_up:
            from usageline.cli.org.overview import difference  # noqa: PLC0415 - seldom

            edge.report(difference(report))
    elif options["svg"] is None and options["html"] is None:
        from usageline.cli.org import table  # noqa: PLC0415 - as above

        table.print_table(report, top)
    else:
        from usageline.cli import output  # noqa: PLC0415 - as above
        from usageline.cli.org import chart  # noqa: PLC0415 - as above

        output.write_files(
            (
                (options["svg"], lambda: chart.draw(report, top).encode()),
                (options["html"], lambda: chart.page(report, top).encode()),
            )
        )
