"""The command `usageline org limits`."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from usageline.cli.org.progress import with_progress


@click.command("limits")
@click.option("--top", metavar="N", type=click.IntRange(1), help="Show only the first N limits.")
@click.option("--json", "output", flag_value="json", help="Print the limits as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the limits as CSV.")
@click.option("--anonymous", is_flag=True, help="Show ids and no names or e-mail addresses.")
@click.option("--pages", metavar="N", type=click.IntRange(1), help="Load at most N pages.")
@click.option("--rate", is_flag=True, help="Show the API's rate limits instead.")
@click.option("--workspace", metavar="ID", help="With --rate: those of one workspace.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(**options: Any) -> None:
    """Show who will soon be stopped by a spend limit, and who asks for a higher one.

    Limits that are used to 80 % are first. Claude Enterprise and a company's own gateway report the
    limit and the spending of each person. Claude Console has limits of the organization and of its
    workspaces.
    """
    if options["json_schema"]:
        from usageline.cli.org import limits_schema  # noqa: PLC0415 - seldom

        click.echo(json.dumps(limits_schema.schema(), indent=2))
    elif options["rate"]:
        if options["output"] == "csv":
            raise click.UsageError("--rate has no CSV: use --json")
        _print_rate_limits(options["workspace"], as_json=options["output"] == "json")
    elif options["workspace"] is not None:
        raise click.UsageError("--workspace needs --rate")
    else:
        _print_spend_limits(**options)


def _print_spend_limits(
    *, top: int | None, output: str | None, anonymous: bool, pages: int | None, **_others: object
) -> None:
    from usageline.cli.org import limits_export  # noqa: PLC0415 - the client is slow to import
    from usageline.jobs import org_limits  # noqa: PLC0415 - as above
    from usageline.jobs.org_access import Request  # noqa: PLC0415 - as above
    from usageline.sources.org.client import MAX_PAGES  # noqa: PLC0415 - as above

    request = Request(is_anonymous=anonymous, max_pages=pages or MAX_PAGES)
    report = with_progress(lambda progress: org_limits.load(dict(os.environ), request, progress))
    if output == "json":
        click.echo(limits_export.as_json(report, top))
    elif output == "csv":
        click.echo(limits_export.as_csv(report, top), nl=False)
    else:
        from usageline.cli.org import limits_table  # noqa: PLC0415 - JSON needs none of it

        limits_table.print_table(report, top)


def _print_rate_limits(workspace: str | None, *, as_json: bool) -> None:
    from usageline.cli.org import rate_limits  # noqa: PLC0415 - as above
    from usageline.jobs import org_settings  # noqa: PLC0415 - as above

    limits = with_progress(
        lambda progress: org_settings.load_rate_limits(dict(os.environ), progress, workspace)
    )
    if as_json:
        click.echo(rate_limits.as_json(limits, workspace))
    else:
        rate_limits.print_table(limits)
