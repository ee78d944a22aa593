"""The command `usageline history`."""

from __future__ import annotations

import os
from typing import Any

import click

from usageline.cli.history import HistoryOptions, selection, show_history

FILES = ("svg", "png", "html")


@click.command("history")
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=7,
    show_default=True,
    metavar="N",
    help="Show the last N days.",
)
@click.option(
    "--limit",
    metavar="KIND",
    help="Show one limit: session, weekly_all, or a name such as 5h or Fable.",
)
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=lambda _context, _option, text: selection.complete(os.environ, text),
    help="Show another account than the one signed in: its label, its key, or how either begins.",
)
@click.option("--html", metavar="FILE", help="Write a page with the charts to FILE.")
@click.option("--svg", metavar="FILE", help="Write an SVG picture to FILE.")
@click.option("--png", metavar="FILE", help="Write a PNG picture to FILE (needs the extra `png`).")
@click.option(
    "--dark/--light",
    "dark",
    default=None,
    help="Colors of page and picture, instead of those that the reader prefers.",
)
@click.option("--csv", "output", flag_value="csv", help="Print the readings as CSV.")
@click.option("--json", "output", flag_value="json", help="Print the readings as JSON.")
@click.option("--heatmap", is_flag=True, help="Show only the heatmap of the 5-hour limit.")
@click.option(
    "--cost", is_flag=True, help="Show only cost and tokens by day and model, of this machine."
)
def command(**options: Any) -> None:
    """Show usage over time: a chart of each limit, a heatmap of the hours, cost, and a summary.

    Cost and tokens are those of all sessions on this machine, at list prices.

    Sends no request.
    """
    writes = any(options[name] is not None for name in FILES)
    if options["output"] and (options["heatmap"] or writes):
        raise click.UsageError(
            f"--{options['output']} cannot be combined with --html, --svg, --png or --heatmap"
        )
    if options["dark"] is not None and not writes:
        raise click.UsageError("--dark and --light require --html, --svg or --png")
    if options["cost"] and (options["heatmap"] or options["limit"] or options["account"]):
        raise click.UsageError("--cost cannot be combined with --limit, --account or --heatmap")
    options["output"] = options["output"] or ""
    show_history(dict(os.environ), HistoryOptions(**options))
