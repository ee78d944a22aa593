"""The command `usageline usage`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.commands import Choice, dark_option
from usageline.cli.usage import report
from usageline.cli.usage.run import ALL_KINDS, Request, run
from usageline.config import local as local_config

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Command(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `--roots` take several directories, wherever it stands."""
        return super().parse_args(ctx, spread(args))


def spread(arguments: Iterable[str]) -> list[str]:
    """Return the arguments with `--roots` before each of its directories."""
    result: list[str] = []
    follows = ""  # "value" behind `--roots`, "more" behind its first directory
    for word in arguments:
        if follows == "value":
            follows = "more"
        elif word == "--roots":
            follows = "value"
        elif word.startswith("--roots="):
            follows = "more"
        elif word[:1] == "-" or word in ALL_KINDS:
            follows = ""
        elif follows:
            result.append("--roots")
        result.append(word)
    return result


@click.command("usage", cls=_Command)
@click.argument("kind", metavar="[BY]", type=Choice(ALL_KINDS), default="day")
@click.option("--since", metavar="DAY", help="First day: 2026-11-24, or 7d for the last seven.")
@click.option("--until", metavar="DAY", help="Last day.")
@click.option("--tz", metavar="ZONE", help="Time zone of the days, such as UTC or Europe/Berlin.")
@click.option(
    "--project",
    metavar="NAME",
    help="Only one project: its directory, or its name, with * for any characters.",
)
@click.option("--model", metavar="NAME", help="Only models whose name contains NAME.")
@click.option("--account", metavar="NAME", help="Only sessions of an account: its label or key.")
@click.option("--json", "output", flag_value="json", help="Print the rows as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the rows as CSV.")
@click.option(
    "--html", metavar="FILE", help="Write a page with chart and table to FILE, or - for stdout."
)
@click.option("--svg", metavar="FILE", help="Write an SVG picture to FILE, or -.")
@dark_option
@click.option("--watch", is_flag=True, help="Show the table until Ctrl-C, always up to date.")
@click.option(
    "--roots",
    "other_roots",
    metavar="DIR",
    multiple=True,
    type=click.Path(),
    help="Read these configuration directories instead; nothing of them is kept.",
)
@click.argument("directories", nargs=-1, type=click.Path())
@click.option("--prices", is_flag=True, help="Show the prices per million tokens, and their date.")
@click.option("--check", is_flag=True, help="Compare with what Claude Code itself counted.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(**options: Any) -> None:
    """Show tokens and cost by day, week, month, hour, model, project, session, account or block.

    BY is one of these words, day by default. A block is a 5-hour window. The numbers are those of
    the transcripts on this machine, at list prices. Sends no request.
    """
    if options["json_schema"]:
        from usageline.cli.usage import schema  # noqa: PLC0415 - seldom

        click.echo(schema.text(of_check=options["check"]))
        return
    if options["prices"]:
        _refuse(["--prices", *_outputs(options)])
        report.print_prices(local_config.load(dict(os.environ)).prices)
        return
    if options["directories"] and not options["other_roots"]:
        raise click.UsageError(f"Got unexpected extra argument ({options['directories'][0]})")
    request = Request.of(options)
    _check_combination(options)
    run(request, options)


def _check_combination(options: dict[str, Any]) -> None:
    outputs = _outputs(options)
    is_picture = set(outputs) & {"--html", "--svg"}
    if outputs != ["--json", "--check"] and set(outputs) - {"--html", "--svg"}:
        _refuse(outputs)
    if options["dark"] is not None and not is_picture:
        raise click.UsageError("--dark and --light require --html or --svg")


def _outputs(options: dict[str, Any]) -> list[str]:
    """Return the options that choose what is printed or written."""
    outputs = [f"--{options['output']}"] if options["output"] else []
    outputs += [f"--{name}" for name in ("watch", "check") if options[name]]
    return outputs + [f"--{name}" for name in ("html", "svg") if options[name] is not None]


def _refuse(outputs: list[str]) -> None:
    """Raise UsageError if there are several of these options."""
    if len(outputs) > 1:
        raise click.UsageError(f"{outputs[0]} cannot be combined with {' and '.join(outputs[1:])}")
