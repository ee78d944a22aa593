"""The command `usageline org limits`."""

from __future__ import annotations

import json
import os
import time

import click


@click.command("limits")
@click.option("--top", metavar="N", type=click.IntRange(1), help="Show only the first N limits.")
@click.option("--json", "output", flag_value="json", help="Print the limits as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the limits as CSV.")
@click.option("--anonymous", is_flag=True, help="Show ids and no names or e-mail addresses.")
@click.option("--pages", metavar="N", type=click.IntRange(1), help="Load at most N pages.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(
    *, top: int | None, output: str | None, anonymous: bool, pages: int | None, json_schema: bool
) -> None:
    """Show who will soon be stopped by a spend limit, and who asks for a higher one.

    Limits that are used to 80 % are first. Claude Enterprise and a company's own gateway report the
    limit and the spending of each person. Claude Console has limits of the organization and of its
    workspaces.
    """
    if json_schema:
        from usageline.cli.org import limits_schema  # noqa: PLC0415 - seldom

        click.echo(json.dumps(limits_schema.schema(), indent=2))
        return
    from usageline.cli.org import limits_export  # noqa: PLC0415 - the client is slow to import
    from usageline.cli.org.report import with_progress  # noqa: PLC0415 - as above
    from usageline.jobs import org_limits  # noqa: PLC0415 - as above
    from usageline.sources.org.client import MAX_PAGES  # noqa: PLC0415 - as above

    now = time.time()
    report = with_progress(
        lambda progress: org_limits.load(
            dict(os.environ),
            now,
            progress,
            is_anonymous=anonymous,
            max_pages=pages or MAX_PAGES,
        )
    )
    if output == "json":
        click.echo(limits_export.as_json(report, top))
    elif output == "csv":
        click.echo(limits_export.as_csv(report, top), nl=False)
    else:
        from usageline.cli.org import limits_table  # noqa: PLC0415 - JSON needs none of it

        limits_table.print_table(report, top)
