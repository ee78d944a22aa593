"""The command `usageline org telemetry`."""

from __future__ import annotations

import json
import os

import click

from usageline.cli.org.progress import with_progress


@click.command("telemetry")
@click.option("--json", "output", flag_value="json", help="Print the destinations as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the destinations as CSV.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(*, output: str | None, json_schema: bool) -> None:
    """Show where Anthropic sends the traces of the organization's API, and whether they arrive.

    The traces have no metrics of Claude Code: `usageline metrics` has those of each machine.
    """
    from usageline.cli.org import telemetry_table  # noqa: PLC0415 - as above
    from usageline.cli.output import csv_table  # noqa: PLC0415 - only if it runs

    if json_schema:
        click.echo(json.dumps(telemetry_table.schema(), indent=2))
        return
    from usageline.jobs import org_telemetry  # noqa: PLC0415 - the HTTP client is slow to import

    destinations = with_progress(lambda progress: org_telemetry.load(os.environ, progress))
    rows = [telemetry_table.plain(one) for one in destinations]
    if output == "json":
        click.echo(json.dumps({"version": telemetry_table.VERSION, "destinations": rows}))
    elif output == "csv":
        click.echo(csv_table(telemetry_table.COLUMNS, rows), nl=False)
    else:
        telemetry_table.print_table(destinations)
