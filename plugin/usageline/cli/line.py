"""`usageline line`: the line for another program."""

from __future__ import annotations

import os
import time

import click

from usageline.cli.formatting import echo_data
from usageline.line import embed


@click.command("line", context_settings={"ignore_unknown_options": True})
@click.option(
    "--for",
    "form",
    type=click.Choice(list(embed.FORMS)),
    default="plain",
    help="The program that shows it.",
)
@click.option("--width", type=click.IntRange(1), default=200, help="Maximum width in columns.")
@click.option(
    "--colors",
    type=click.Choice(list(embed.COLOR_CHOICES)),
    help="Colors of the bar around it (the default for tmux), or of the theme.",
)
def command(*, form: str, width: int, colors: str | None) -> None:
    """Print the line for use in another program: tmux, a prompt, a bar.

    It reads the snapshot and starts nothing.
    """
    line = embed.embedded_line(dict(os.environ), form, width, time.time(), colors=colors or "")
    echo_data(line + "\n")
