"""`usageline line`: the line for another program."""

from __future__ import annotations

import os
import time

import click

from usageline.line import embed


@click.command("line", context_settings={"ignore_unknown_options": True})
@click.option(
    "--for",
    "form",
    type=click.Choice(["plain", "starship", "tmux", "json"]),
    default="plain",
    help="Output format.",
)
@click.option("--width", type=click.IntRange(1), default=200, help="Maximum width in columns.")
def command(*, form: str, width: int) -> None:
    """Print the line for use in another program: tmux, a prompt, a bar.

    It reads the snapshot and starts nothing.
    """
    click.echo(embed.embedded_line(dict(os.environ), form, width, time.time()))
