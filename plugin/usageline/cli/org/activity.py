"""The command `usageline org activity`."""

from __future__ import annotations

import json
from typing import Any

import click

from usageline.cli.org.loading import with_org
from usageline.usage.org.activity import BY_DAY, VIEWS


@click.command("activity")
@click.option("--by", type=click.Choice(VIEWS), default=BY_DAY, help="What a row stands for.")
@click.option("--since", metavar="DAY", help="First day in UTC: 2026-11-01, or 7d for seven days.")
@click.option("--until", metavar="DAY", help="Last day in UTC.")
@click.option(
    "--top", metavar="N", type=click.IntRange(1), help="Only the last N days, or first N people."
)
@click.option("--json", "output", flag_value="json", help="Print the activity as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the rows as CSV.")
@click.option("--anonymous", is_flag=True, help="Show ids and no names or e-mail addresses.")
@click.option(
    "--pages", metavar="N", type=click.IntRange(1), help="Load at most N pages (default 60)."
)
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(**options: Any) -> None:
    """Show how many people are active by day, or by person what each of them does.

    By default for the last 30 days that are over. Days are in UTC. Claude Enterprise reports the
    activity in all products. Claude Console reports the activity in Claude Code alone.
    """
    if options["json_schema"]:
        from usageline.cli.org import activity_export  # noqa: PLC0415 - seldom

        click.echo(json.dumps(activity_export.schema(), indent=2))
        return
    from usageline.jobs import org_activity  # noqa: PLC0415 - the HTTP client is slow to import

    activity = with_org(org_activity.load, options).top(options["top"])
    if options["output"] is None:
        from usageline.cli.org import activity_table  # noqa: PLC0415 - only one form is written

        activity_table.print_table(activity)
        return
    from usageline.cli.org import activity_export  # noqa: PLC0415 - as above

    is_json = options["output"] == "json"
    write = activity_export.as_json if is_json else activity_export.as_csv
    click.echo(write(activity), nl=is_json)
