"""The command `usageline org limits`."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import click

from usageline.cli.org.loading import with_org


@click.command("limits")
@click.option("--top", metavar="N", type=click.IntRange(1), help="Show only the first N limits.")
@click.option("--json", "output", flag_value="json", help="Print the limits as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the limits as CSV.")
@click.option("--anonymous", is_flag=True, help="Show ids and no names or e-mail addresses.")
@click.option(
    "--pages", metavar="N", type=click.IntRange(1), help="Load at most N pages (default 60)."
)
@click.option("--rate", is_flag=True, help="Show the API's rate limits instead.")
@click.option("--workspace", metavar="ID", help="With --rate: those of one workspace.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(**options: Any) -> None:
    """Show who will soon be stopped by a spend limit, and who asks for a higher one.

    Limits that are used to 80% are first. Claude Enterprise and a company's own gateway report the
    limit and the spending of each person. Claude Console has limits of the organization and of its
    workspaces.
    """
    if options["json_schema"]:
        from usageline.cli.org import limits_export  # noqa: PLC0415 - seldom

        click.echo(json.dumps(limits_export.schema(), indent=2))
    elif options["rate"]:
        if options["output"] == "csv":
            raise click.UsageError("--rate has no CSV: use --json")
        _print_rate_limits(options)
    elif options["workspace"] is not None:
        raise click.UsageError("--workspace needs --rate")
    else:
        _print_spend_limits(options)


def _print_spend_limits(options: dict[str, Any]) -> None:
    from usageline.jobs import org_limits  # noqa: PLC0415 - the HTTP client is slow to import

    report, top = with_org(org_limits.load, options), options["top"]
    if options["output"] is None:
        from usageline.cli.org import limits_table  # noqa: PLC0415 - JSON needs none of it

        limits_table.print_table(report, top)
        return
    from usageline.cli.org import limits_export  # noqa: PLC0415 - as above

    is_json = options["output"] == "json"
    write = limits_export.as_json if is_json else limits_export.as_csv
    click.echo(write(report, top), nl=is_json)


def _print_rate_limits(options: dict[str, Any]) -> None:
    from usageline.jobs import org_settings  # noqa: PLC0415 - as above

    workspace = options["workspace"]
    limits = with_org(partial(org_settings.load_rate_limits, workspace=workspace), {})
    if options["output"] == "json":
        from usageline.cli.org import limits_export  # noqa: PLC0415 - as above

        click.echo(limits_export.rate_limits_as_json(limits, workspace))
    else:
        from usageline.cli.org import limits_table  # noqa: PLC0415 - as above

        limits_table.print_rates(limits)
