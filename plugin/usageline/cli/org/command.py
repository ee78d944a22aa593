"""The command `usageline org` and its subcommands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from usageline.usage.org.model import VIEWS


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One subcommand: its name, its module in `cli/org/`, and its line in the help."""

    name: str
    module: str
    help: str

    def load(self) -> click.Command:
        """Import the subcommand."""
        loaded: click.Command = import_module(f"usageline.cli.org.{self.module}").command
        return loaded


SUBCOMMANDS: tuple[Subcommand, ...] = (
    Subcommand("check", "check", "Show what kind of key this is, and what it reaches."),
    Subcommand("limits", "limits", "Show who will soon be stopped by a spend limit."),
    Subcommand("metrics", "metrics", "Print cost, tokens and limits for Prometheus."),
)


class _Subcommands(click.Group):
    """A group that imports a subcommand only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        return [entry.name for entry in SUBCOMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = next((one for one in SUBCOMMANDS if one.name == cmd_name), None)
        return entry.load() if entry else super().get_command(ctx, cmd_name)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click passes it
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in SUBCOMMANDS])


GIVEN = {click.core.ParameterSource.COMMANDLINE}


@click.group("org", cls=_Subcommands, invoke_without_command=True)
@click.option("--by", type=click.Choice(VIEWS), default="person", help="What a row stands for.")
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
    help="Load at most N pages of a list (default 60).",
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
